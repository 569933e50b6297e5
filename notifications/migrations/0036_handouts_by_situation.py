"""The situations for which the handouts of a campaign are attached."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0035_heartbeats'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='frozen_definition',
        ),
        migrations.AddField(
            model_name='campaign',
            name='handout_situations',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, help_text='The situations for which each handout is attached; empty: the usual handout.', size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='frozen_definition', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        IF NOT (OLD.state = \'draft\' AND NEW.state = \'draft\') AND ROW(NEW."name", NEW."kind", NEW."references_id", NEW."thread_id", NEW."apps", NEW."countries", NEW."regions", NEW."audiences", NEW."locales", NEW."words", NEW."services", NEW."tips", NEW."severity", NEW."urgency", NEW."certainty", NEW."status", NEW."home_zone", NEW."home_locale", NEW."schedule_kind", NEW."schedule_at", NEW."not_after", NEW."quiet_override", NEW."named_services", NEW."quiet_deferral", NEW."unchanged_locales", NEW."handouts", NEW."handout_situations") IS DISTINCT FROM ROW(OLD."name", OLD."kind", OLD."references_id", OLD."thread_id", OLD."apps", OLD."countries", OLD."regions", OLD."audiences", OLD."locales", OLD."words", OLD."services", OLD."tips", OLD."severity", OLD."urgency", OLD."certainty", OLD."status", OLD."home_zone", OLD."home_locale", OLD."schedule_kind", OLD."schedule_at", OLD."not_after", OLD."quiet_override", OLD."named_services", OLD."quiet_deferral", OLD."unchanged_locales", OLD."handouts", OLD."handout_situations") THEN\n            RAISE EXCEPTION \'only a draft can be edited\' USING ERRCODE = \'check_violation\';\n        END IF;\n        RETURN NEW;\n    ', hash='02c09b8ba112da3fb0883ad66b40acbcde450ed6', operation='UPDATE', pgid='pgtrigger_frozen_definition_62077', table='notifications_campaign', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('handout_situations__contained_by', ('blackmail', 'image-shared', 'ai-generated-image', 'grooming', 'live-abuse', 'csam-seen', 'hacked-account', 'self-harm-risk', 'offline-abuse')), models.Q(('handout_situations', []), models.Q(('handouts', []), _negated=True), _connector='OR')), name='campaign_handout_situations'),
        ),
    ]
