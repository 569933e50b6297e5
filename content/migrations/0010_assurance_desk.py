"""Checks, link results, correction links, replies and reports of channels.

The numbers 0006 to 0009 were never used: no migration has had them, and none is missing between 0005 and 0010. The number stays,
because databases record a migration by its name.
"""

import datetime
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0005_manifest_and_withdrawals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LinkHost',
            fields=[
                ('name', models.CharField(max_length=253, primary_key=True, serialize=False)),
                ('not_before', models.DateTimeField()),
                ('robots', models.TextField(blank=True, default='', help_text='Never shown to anybody.')),
                ('robots_until', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CorrectionLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='correction_links', to='content.organization')),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='LinkCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('result', models.CharField(choices=[('works', 'Works'), ('moved', 'Moved'), ('gone', 'Gone'), ('failing', 'Failing'), ('unreachable', 'Unreachable'), ('blocked-address', 'Blocked'), ('not-asked', 'Not Asked')], max_length=15)),
                ('http_status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('host', models.CharField(blank=True, help_text='Where the page was in the end.', max_length=253)),
                ('checked_at', models.DateTimeField()),
                ('next_at', models.DateTimeField(db_index=True)),
                ('failures', models.PositiveSmallIntegerField(default=0, help_text='In a row.')),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('revision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='link_check', to='content.channelrevision')),
            ],
        ),
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('confirm', 'Confirm'), ('correct', 'Correct'), ('remove', 'Remove')], max_length=7)),
                ('dial', models.CharField(blank=True, default='', max_length=40)),
                ('address', models.CharField(blank=True, default='', max_length=500)),
                ('hours', models.CharField(blank=True, default='', max_length=200)),
                ('cost', models.CharField(blank=True, choices=[('free', 'Free'), ('standard', 'Standard'), ('unknown', 'Unknown')], default='', max_length=8)),
                ('at', models.DateTimeField()),
                ('taken', models.BooleanField(blank=True, help_text='Whether staff acted on it; unset: it waits.', null=True)),
                ('dealt_at', models.DateTimeField(blank=True, null=True)),
                ('dealt_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='content.correctionlink')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='content.channelrevision')),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='CorrectionCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('problem', models.CharField(choices=[('no-answer', 'No Answer'), ('wrong-number', 'Wrong Number'), ('page-gone', 'Page Gone'), ('hours-wrong', 'Hours Wrong')], max_length=12)),
                ('day', models.DateField()),
                ('total', models.PositiveBigIntegerField(default=0)),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='content.channelrevision')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('revision', 'problem', 'day'), name='correctioncount_once'), models.CheckConstraint(condition=models.Q(('problem__in', ['no-answer', 'wrong-number', 'page-gone', 'hours-wrong'])), name='correctioncount_problem')],
            },
        ),
        migrations.AddConstraint(
            model_name='correctionlink',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at')), ('expires_at__lte', django.db.models.expressions.CombinedExpression(models.F('made_at'), '+', models.Value(datetime.timedelta(days=60))))), name='correctionlink_expires'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='correctionlink',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='0f50868c30f2a79a10c59fef29c9c2320818cfe9', operation='UPDATE', pgid='pgtrigger_fixed_78ee4', table='content_correctionlink', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='correctionlink',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='af55153b94856f028c6063ba9eb1f95b8b4de8d3', operation='DELETE', pgid='pgtrigger_kept_78f29', table='content_correctionlink', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='linkcheck',
            constraint=models.CheckConstraint(condition=models.Q(('result__in', ['works', 'moved', 'gone', 'failing', 'unreachable', 'blocked-address', 'not-asked'])), name='linkcheck_result'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ['confirm', 'correct', 'remove'])), name='reply_answer'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(('cost', ''), ('cost__in', ['free', 'standard', 'unknown']), _connector='OR'), name='reply_cost'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(('dial', ''), ('dial__regex', '^[0-9+*#][0-9+*# ]*$'), _connector='OR'), name='reply_dial'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(('address', ''), ('address__regex', '^[^[:space:]]+$'), _connector='OR'), name='reply_address'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(('hours', ''), ('hours__regex', '^[ -~]+$'), _connector='OR'), name='reply_hours'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(('answer', 'correct'), models.Q(('address', ''), ('cost', ''), ('dial', ''), ('hours', '')), _connector='OR'), name='reply_values_only_to_correct'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('dealt_at', None), ('dealt_by', None), ('taken', None)), models.Q(('dealt_at__isnull', False), ('dealt_by__isnull', False), ('taken__isnull', False)), _connector='OR'), name='reply_dealt_with'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.UniqueConstraint(condition=models.Q(('dealt_at', None)), fields=('link', 'revision'), name='reply_one_waiting_of_a_link'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reply',
            trigger=pgtrigger.compiler.Trigger(name='dealt_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."dealt_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='150c44a6bbae28ff2715838ebe164a109382be5b', operation='UPDATE', pgid='pgtrigger_dealt_once_37848', table='content_reply', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reply',
            trigger=pgtrigger.compiler.Trigger(name='values_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."link_id" IS DISTINCT FROM (NEW."link_id") OR OLD."revision_id" IS DISTINCT FROM (NEW."revision_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='5742fd28299260cea458f865262b646117fd4994', operation='UPDATE', pgid='pgtrigger_values_fixed_6826d', table='content_reply', when='BEFORE')),
        ),
    ]
