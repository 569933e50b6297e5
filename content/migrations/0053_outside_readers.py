"""Add links for outside readers and their judgements; the history of a text names the link of a reading that counted."""

import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0052_validate_contacts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('reads-well', 'Reads well'), ('not-clear', 'Not clear'), ('wrong', 'Wrong')], max_length=10)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('revision', models.PositiveIntegerField(help_text='Revision of the translation that was read.')),
                ('source_revision', models.PositiveIntegerField(help_text='Approved revision of the source that was shown beside it; 0: there was none.')),
                ('at', models.DateTimeField()),
                ('approved', models.BooleanField(default=False, help_text='Whether the text was approved on this reading.')),
                ('refused', models.CharField(blank=True, default='', help_text='Why it was not, where the link counts.', max_length=300)),
                ('dealt_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-at', '-pk'),
            },
        ),
        migrations.CreateModel(
            name='ReadingLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('units', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('reader', models.CharField(blank=True, help_text='The words by which staff know the reader; erased after the link has ended.', max_length=60)),
                ('counts', models.BooleanField(default=False, help_text='Whether the reader counts as the second reader, in the name of the person who made the link.')),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, help_text='When the reader said that they have finished.', null=True)),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.AddField(
            model_name='judgement',
            name='dealt_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='judgement',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='content.unit'),
        ),
        migrations.AddField(
            model_name='readinglink',
            name='locale',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.locale'),
        ),
        migrations.AddField(
            model_name='readinglink',
            name='made_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='judgement',
            name='link',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='content.readinglink'),
        ),
        migrations.AddField(
            model_name='targetrevision',
            name='reading_link',
            field=models.ForeignKey(blank=True, db_index=False, help_text='The link of the outside reader on whose reading the approval rests; unset: the person read the text.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.readinglink'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='targetrevision',
            trigger=pgtrigger.compiler.Trigger(name='by_valid_link', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.reading_link_id IS NOT NULL AND NOT EXISTS (\n        SELECT 1 FROM content_readinglink l JOIN content_target t ON t.id = NEW.target_id\n        WHERE l.id = NEW.reading_link_id AND l.counts AND l.made_by_id = NEW.by_id AND NEW.act IN ('approved', 'confirmed')\n            AND l.locale_id = t.locale_id AND t.unit_id = ANY (l.units)\n            AND l.revoked_at IS NULL AND l.finished_at IS NULL AND NEW.at < l.expires_at\n    ) THEN\n        RAISE EXCEPTION 'a reading counts only by a valid link that says so' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='0624e79c57ca5b6576f25fa1079b810d1c97cba5', operation='INSERT', pgid='pgtrigger_by_valid_link_db958', table='content_targetrevision', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='readinglink',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at')), ('expires_at__lte', django.db.models.expressions.CombinedExpression(models.F('made_at'), '+', models.Value(datetime.timedelta(days=60))))), name='readinglink_expires'),
        ),
        migrations.AddConstraint(
            model_name='readinglink',
            constraint=models.CheckConstraint(condition=models.Q(('units__len__range', (1, 100))), name='readinglink_batch'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='readinglink',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."locale_id" IS DISTINCT FROM (NEW."locale_id") OR OLD."units" IS DISTINCT FROM (NEW."units") OR OLD."counts" IS DISTINCT FROM (NEW."counts") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='6e11fb9aacc45e3f02e72412c1eb948825f413cb', operation='UPDATE', pgid='pgtrigger_fixed_75cc5', table='content_readinglink', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='readinglink',
            trigger=pgtrigger.compiler.Trigger(name='ends_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((NEW."revoked_at" IS NULL AND OLD."revoked_at" IS NOT NULL) OR (NEW."finished_at" IS NULL AND OLD."finished_at" IS NOT NULL))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='66aab83308a85c0c0e7b5c61a3189b3e128bfbbf', operation='UPDATE', pgid='pgtrigger_ends_once_b704b', table='content_readinglink', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='readinglink',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='e91ab98964fdc9b67e45bc999279b26b1c9a8e4c', operation='DELETE', pgid='pgtrigger_kept_32bb5', table='content_readinglink', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='judgement',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['reads-well', 'not-clear', 'wrong'])), name='judgement_verdict'),
        ),
        migrations.AddConstraint(
            model_name='judgement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('dealt_at', None), ('dealt_by', None)), models.Q(('dealt_at__isnull', False), ('dealt_by__isnull', False)), _connector='OR'), name='judgement_dealt_with_whole'),
        ),
        migrations.AddConstraint(
            model_name='judgement',
            constraint=models.UniqueConstraint(fields=('link', 'unit'), name='judgement_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='judgement',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."link_id" IS DISTINCT FROM (NEW."link_id") OR OLD."unit_id" IS DISTINCT FROM (NEW."unit_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='6f94e119e8990f24f0f03b2b97a035ea31bd20d7', operation='UPDATE', pgid='pgtrigger_fixed_d589f', table='content_judgement', when='BEFORE')),
        ),
    ]
