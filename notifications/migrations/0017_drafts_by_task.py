"""Keep drafts that are not complete yet, what is typed at their tasks, and the answers to cautions."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0016_staff_messages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CautionAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(help_text='Path of the text in the definition.', max_length=80)),
                ('code', models.CharField(max_length=40)),
                ('digest', models.CharField(help_text='SHA-256 of the text and the caution.', max_length=64)),
                ('detail', models.CharField(help_text='The caution as it was shown.', max_length=500)),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='DraftStart',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='TaskEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(help_text='The task; for words, with the locale and the audience of a variant.', max_length=60)),
                ('seen_at', models.DateTimeField(help_text='When the page was last opened or typed in.')),
                ('typed_at', models.DateTimeField(null=True)),
                ('version', models.CharField(blank=True, help_text='Of the saved values that the person started from.', max_length=64)),
                ('fields', models.JSONField(default=dict, help_text='Form field to its list of values.')),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='frozen_definition',
        ),
        migrations.RemoveConstraint(
            model_name='campaign',
            name='campaign_audiences',
        ),
        migrations.AddField(
            model_name='campaign',
            name='named_services',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='Service id to the name that stands in the texts for it.'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='open_tasks',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=7), blank=True, db_default=[], default=list, help_text='Tasks that nobody has saved yet.', size=None),
        ),
        migrations.AddField(
            model_name='campaign',
            name='preset',
            field=models.CharField(blank=True, db_default='', help_text='What the author started from.', max_length=9),
        ),
        migrations.AddField(
            model_name='campaign',
            name='reach_confirmed',
            field=models.PositiveIntegerField(help_text='Phones that the author confirmed by typing the number.', null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='frozen_definition', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        IF NOT (OLD.state = \'draft\' AND NEW.state = \'draft\') AND ROW(NEW."name", NEW."kind", NEW."references_id", NEW."thread_id", NEW."apps", NEW."countries", NEW."regions", NEW."audiences", NEW."locales", NEW."words", NEW."services", NEW."tips", NEW."severity", NEW."urgency", NEW."certainty", NEW."status", NEW."home_zone", NEW."home_locale", NEW."schedule_kind", NEW."schedule_at", NEW."not_after", NEW."quiet_override", NEW."named_services") IS DISTINCT FROM ROW(OLD."name", OLD."kind", OLD."references_id", OLD."thread_id", OLD."apps", OLD."countries", OLD."regions", OLD."audiences", OLD."locales", OLD."words", OLD."services", OLD."tips", OLD."severity", OLD."urgency", OLD."certainty", OLD."status", OLD."home_zone", OLD."home_locale", OLD."schedule_kind", OLD."schedule_at", OLD."not_after", OLD."quiet_override", OLD."named_services") THEN\n            RAISE EXCEPTION \'only a draft can be edited\' USING ERRCODE = \'check_violation\';\n        END IF;\n        RETURN NEW;\n    ', hash='68e0eadcc643ec3e341d78d724bed0f9ab7acccc', operation='UPDATE', pgid='pgtrigger_frozen_definition_62077', table='notifications_campaign', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('audiences__contained_by', ['teen', 'parent', 'educator', 'bystander', 'all']), models.Q(models.Q(('audiences', []), _negated=True), ('state', 'draft'), _connector='OR')), name='campaign_audiences'),
        ),
        AddConstraintNotValid(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), models.Q(models.Q(('countries', []), _negated=True), models.Q(('apps', []), _negated=True), models.Q(('services', []), _negated=True), models.Q(('words', {}), _negated=True), ('open_tasks', [])), _connector='OR'), name='campaign_submitted_is_complete'),
        ),
        migrations.AddField(
            model_name='cautionanswer',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='cautionanswer',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='caution_answers', to='notifications.campaign'),
        ),
        migrations.AddField(
            model_name='draftstart',
            name='campaign',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='start', to='notifications.campaign'),
        ),
        migrations.AddField(
            model_name='taskentry',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='notifications.campaign'),
        ),
        migrations.AddField(
            model_name='taskentry',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='cautionanswer',
            constraint=models.UniqueConstraint(fields=('campaign', 'digest'), name='caution_answer_once'),
        ),
        migrations.AddConstraint(
            model_name='cautionanswer',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='caution_answer_has_reason'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='cautionanswer',
            trigger=pgtrigger.compiler.Trigger(name='written_once', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='952c64ad309ee27759e7ee6ea2c0bfa1d047aed1', operation='UPDATE', pgid='pgtrigger_written_once_94873', table='notifications_cautionanswer', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='taskentry',
            constraint=models.UniqueConstraint(fields=('campaign', 'place', 'user'), name='task_entry_once'),
        ),
        migrations.AddConstraint(
            model_name='taskentry',
            constraint=models.CheckConstraint(condition=models.Q(('typed_at', None), models.Q(('fields', {}), _negated=True), _connector='OR'), name='task_entry_has_fields'),
        ),
    ]
