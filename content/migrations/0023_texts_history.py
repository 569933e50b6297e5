"""Keep the history of translations, the approvals of source texts, and for which revisions a translation is behind."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0022_figures'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TargetRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField()),
                ('act', models.CharField(choices=[('written', 'Written'), ('revised', 'Revised'), ('restored', 'Restored'), ('approved', 'Approved'), ('confirmed', 'Confirmed'), ('removal-proposed', 'Removal Proposed'), ('removal-rejected', 'Removal Rejected'), ('removed', 'Removed')], max_length=16)),
                ('text', models.TextField(blank=True)),
                ('source_revision', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='content.target')),
            ],
            options={
                'ordering': ('target', '-revision'),
                'constraints': [models.UniqueConstraint(fields=('target', 'revision'), name='targetrevision_once'), models.CheckConstraint(condition=models.Q(('act__in', ['written', 'revised', 'restored', 'approved', 'confirmed', 'removal-proposed', 'removal-rejected', 'removed'])), name='targetrevision_act')],
            },
        ),
        migrations.CreateModel(
            name='UnitApproval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField()),
                ('declared', models.CharField(choices=[('cosmetic', 'Cosmetic'), ('clarity', 'Clarity'), ('safety', 'Safety')], max_length=8)),
                ('change', models.CharField(choices=[('cosmetic', 'Cosmetic'), ('clarity', 'Clarity'), ('safety', 'Safety')], max_length=8)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='approvals', to='content.unit')),
            ],
            options={
                'ordering': ('unit', '-revision'),
                'constraints': [models.UniqueConstraint(fields=('unit', 'revision'), name='unitapproval_once'), models.CheckConstraint(condition=models.Q(('change__in', ['cosmetic', 'clarity', 'safety']), ('declared__in', ['cosmetic', 'clarity', 'safety'])), name='unitapproval_change')],
            },
        ),
        migrations.AddField(
            model_name='unit',
            name='outdated_revisions',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='unit',
            name='withdrawn_revisions',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), blank=True, db_default=[], default=list, size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='targetrevision',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='004f1fc07dfec2ebfe48b1c7f5f13b2cfed24431', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5a61f', table='content_targetrevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='unitapproval',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c525b2da17428063d2d8da512998f20e3f39b64b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_bb8ac', table='content_unitapproval', when='BEFORE')),
        ),
    ]
