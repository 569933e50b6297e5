"""Decisions about quiet hours and about texts that a correction leaves as they are, both part of what is frozen."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0023_worker_note'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='frozen_definition',
        ),
        migrations.AddField(
            model_name='campaign',
            name='quiet_deferral',
            field=models.BooleanField(db_default=False, default=False, help_text='The author decided that phones in quiet hours wait for their end.'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='unchanged_locales',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=35), db_default=[], default=list, help_text='Whose text stays as the referenced alert has it.', size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='frozen_definition', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        IF NOT (OLD.state = \'draft\' AND NEW.state = \'draft\') AND ROW(NEW."name", NEW."kind", NEW."references_id", NEW."thread_id", NEW."apps", NEW."countries", NEW."regions", NEW."audiences", NEW."locales", NEW."words", NEW."services", NEW."tips", NEW."severity", NEW."urgency", NEW."certainty", NEW."status", NEW."home_zone", NEW."home_locale", NEW."schedule_kind", NEW."schedule_at", NEW."not_after", NEW."quiet_override", NEW."named_services", NEW."quiet_deferral", NEW."unchanged_locales") IS DISTINCT FROM ROW(OLD."name", OLD."kind", OLD."references_id", OLD."thread_id", OLD."apps", OLD."countries", OLD."regions", OLD."audiences", OLD."locales", OLD."words", OLD."services", OLD."tips", OLD."severity", OLD."urgency", OLD."certainty", OLD."status", OLD."home_zone", OLD."home_locale", OLD."schedule_kind", OLD."schedule_at", OLD."not_after", OLD."quiet_override", OLD."named_services", OLD."quiet_deferral", OLD."unchanged_locales") THEN\n            RAISE EXCEPTION \'only a draft can be edited\' USING ERRCODE = \'check_violation\';\n        END IF;\n        RETURN NEW;\n    ', hash='130194a47b9a5f2aff89c81305a159261139ea27', operation='UPDATE', pgid='pgtrigger_frozen_definition_62077', table='notifications_campaign', when='BEFORE')),
        ),
    ]
