"""Let one person withdraw a tip at once, and two put it back."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0032_fill_file_digests'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TipWithdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('put_back_at', models.DateTimeField(blank=True, null=True)),
                ('put_back_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('put_back_seconded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('release', models.OneToOneField(blank=True, help_text='The release without the tip.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tip_withdrawal', to='content.release')),
                ('tip', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='content.tip')),
                ('withdrawn_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-at', '-pk'),
            },
        ),
        migrations.CreateModel(
            name='WithdrawnTipPack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pack', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tip_withdrawals', to='content.pack')),
                ('withdrawal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='packs', to='content.tipwithdrawal')),
            ],
        ),
        migrations.AddConstraint(
            model_name='tipwithdrawal',
            constraint=models.UniqueConstraint(condition=models.Q(('put_back_at', None)), fields=('tip',), name='tipwithdrawal_one_in_force'),
        ),
        migrations.AddConstraint(
            model_name='tipwithdrawal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('put_back_at', None), ('put_back_by', None), ('put_back_seconded_by', None)), models.Q(('put_back_at__isnull', False), ('put_back_by__isnull', False), ('put_back_seconded_by__isnull', False), models.Q(('put_back_by', models.F('put_back_seconded_by')), _negated=True)), _connector='OR'), name='tipwithdrawal_two_put_back'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tipwithdrawal',
            trigger=pgtrigger.compiler.Trigger(name='decided_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."tip_id" IS DISTINCT FROM (NEW."tip_id") OR OLD."release_id" IS DISTINCT FROM (NEW."release_id") OR OLD."withdrawn_by_id" IS DISTINCT FROM (NEW."withdrawn_by_id") OR OLD."at" IS DISTINCT FROM (NEW."at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='ae65d8cd93f77737800583550af06bf8309a5277', operation='UPDATE', pgid='pgtrigger_decided_once_d66c4', table='content_tipwithdrawal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tipwithdrawal',
            trigger=pgtrigger.compiler.Trigger(name='put_back_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."put_back_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='cbbd44f772f9d1f63560b9b92ce32ac0222fb963', operation='UPDATE', pgid='pgtrigger_put_back_once_cdc2a', table='content_tipwithdrawal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tipwithdrawal',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='1dbfdddd10419aaa9d149c44bfd1b15d1d68a8dc', operation='DELETE', pgid='pgtrigger_kept_17bfa', table='content_tipwithdrawal', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='withdrawntippack',
            constraint=models.UniqueConstraint(fields=('withdrawal', 'pack'), name='withdrawntippack_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='withdrawntippack',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7f5b0a72fd9268771b6a7bc5377d9d872b9e85ea', operation='UPDATE OR DELETE', pgid='pgtrigger_kept_80abb', table='content_withdrawntippack', when='BEFORE')),
        ),
    ]
