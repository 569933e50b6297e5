"""Variants of texts by region, programmes, templates, and the handouts of a campaign."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0032_validate_message_kind'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Programme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='For staff.', max_length=120)),
                ('note', models.CharField(blank=True, help_text='For the approver: what the campaigns have to do with each other.', max_length=500)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ('-id',),
                'constraints': (models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='programme_has_name'),),
            },
        ),
        migrations.AlterModelOptions(
            name='message',
            options={'ordering': ('campaign', 'locale', 'fallback', 'audience', 'region', 'platform')},
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='frozen_definition',
        ),
        migrations.RemoveConstraint(
            model_name='message',
            name='message_once',
        ),
        migrations.AddField(
            model_name='campaign',
            name='handouts',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, help_text='Slugs of the handouts to print.', size=None),
        ),
        migrations.AddField(
            model_name='campaign',
            name='is_template',
            field=models.BooleanField(db_default=False, default=False, help_text='A draft to start campaigns from; it is never submitted.'),
        ),
        migrations.AddField(
            model_name='message',
            name='region',
            field=models.CharField(blank=True, db_default='', default='', max_length=6),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='unchanged_locales',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=35), db_default=[], default=list, help_text='Texts that stay as the referenced alert has them: a locale, or a variant such as cy/educator.', size=None),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='words',
            field=models.JSONField(help_text='Locale to outer and inner text, and variants by audience, region or both.'),
        ),
        migrations.AlterField(
            model_name='taskentry',
            name='place',
            field=models.CharField(help_text='The task; for words, with the locale and the variant.', max_length=60),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='frozen_definition', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        IF NOT (OLD.state = \'draft\' AND NEW.state = \'draft\') AND ROW(NEW."name", NEW."kind", NEW."references_id", NEW."thread_id", NEW."apps", NEW."countries", NEW."regions", NEW."audiences", NEW."locales", NEW."words", NEW."services", NEW."tips", NEW."severity", NEW."urgency", NEW."certainty", NEW."status", NEW."home_zone", NEW."home_locale", NEW."schedule_kind", NEW."schedule_at", NEW."not_after", NEW."quiet_override", NEW."named_services", NEW."quiet_deferral", NEW."unchanged_locales", NEW."handouts") IS DISTINCT FROM ROW(OLD."name", OLD."kind", OLD."references_id", OLD."thread_id", OLD."apps", OLD."countries", OLD."regions", OLD."audiences", OLD."locales", OLD."words", OLD."services", OLD."tips", OLD."severity", OLD."urgency", OLD."certainty", OLD."status", OLD."home_zone", OLD."home_locale", OLD."schedule_kind", OLD."schedule_at", OLD."not_after", OLD."quiet_override", OLD."named_services", OLD."quiet_deferral", OLD."unchanged_locales", OLD."handouts") THEN\n            RAISE EXCEPTION \'only a draft can be edited\' USING ERRCODE = \'check_violation\';\n        END IF;\n        RETURN NEW;\n    ', hash='d1bcdcebfe895fd51f53ca3d89fdcab1fe55f460', operation='UPDATE', pgid='pgtrigger_frozen_definition_62077', table='notifications_campaign', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='in_programme', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF NEW.programme_id IS DISTINCT FROM OLD.programme_id AND NOT (OLD.state = 'draft' AND NEW.state = 'draft') THEN\n            RAISE EXCEPTION 'a campaign joins or leaves a programme as a draft' USING ERRCODE = 'check_violation';\n        END IF;\n        IF OLD.state = 'submitted' AND NEW.state = 'approved' AND EXISTS (\n            SELECT 1 FROM notifications_campaign c\n            WHERE c.programme_id = NEW.programme_id AND NEW.approved_by_id = ANY(c.touched_by)\n        ) THEN\n            RAISE EXCEPTION 'nobody approves a programme in which they wrote, edited or submitted a campaign'\n                USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ", hash='48c0623f4c6092514f7fda9093cae5d82a2b9c15', operation='UPDATE', pgid='pgtrigger_in_programme_81bb5', table='notifications_campaign', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('campaign', 'locale', 'fallback', 'audience', 'region', 'platform'), name='message_once_in_region'),
        ),
        migrations.AddField(
            model_name='programme',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='campaign',
            name='programme',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='notifications.programme'),
        ),
        AddConstraintNotValid(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('handouts__contained_by', ['for-home', 'for-school', 'for-a-wall'])), name='campaign_handouts'),
        ),
        AddConstraintNotValid(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('is_template', False), models.Q(('programme', None), ('state', 'draft')), _connector='OR'), name='campaign_template_is_a_draft'),
        ),
    ]
