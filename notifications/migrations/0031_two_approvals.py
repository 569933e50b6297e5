"""Require two approvals of an urgent alert soon after another one; open each country's feed at its own instant."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0030_apps_by_revision'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='staffmessage',
            name='staffmessage_kind',
        ),
        migrations.AddField(
            model_name='campaign',
            name='openings',
            field=models.JSONField(db_default={}, default=dict, help_text='Country to the instant at which its feed opens, if not at starts_at; null: never.'),
        ),
        migrations.AlterField(
            model_name='staffmessage',
            name='kind',
            field=models.CharField(choices=[('to-approve', 'A campaign waits for my approval'), ('came-back', 'A campaign that I wrote was sent back'), ('halted', 'A campaign was halted or put on hold'), ('starts-soon', 'A campaign starts within the hour'), ('translation-request', 'A campaign needs a text in one of my languages'), ('translation-due', 'A text in one of my languages is due within the hour'), ('translation-back', 'A translation that I requested was handed in'), ('help-lapsed', 'A service in a campaign that starts within a day no longer helps')], max_length=20),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='approved_twice', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF OLD.state = 'submitted' AND NEW.state = 'approved' AND (NEW.kind = 'alert' AND NEW.status = 'Actual' AND (NEW.severity IN ('Extreme', 'Severe') OR NEW.urgency = 'Immediate')) THEN\n            PERFORM pg_advisory_xact_lock(18000, 3);\n            IF EXISTS (\n                SELECT 1 FROM notifications_campaign o\n                WHERE o.id <> NEW.id AND o.approved_at IS NOT NULL AND o.state <> 'expired' AND (o.kind = 'alert' AND o.status = 'Actual' AND (o.severity IN ('Extreme', 'Severe') OR o.urgency = 'Immediate'))\n                    AND (o.state = 'approved' OR coalesce(o.starts_at, o.approved_at) > NEW.approved_at - interval '7 days')\n                    AND ('all' = ANY(o.apps) OR 'all' = ANY(NEW.apps) OR o.apps && NEW.apps) AND ('all' = ANY(o.countries) OR 'all' = ANY(NEW.countries) OR o.countries && NEW.countries) AND ('all' = ANY(o.regions) OR 'all' = ANY(NEW.regions) OR o.regions && NEW.regions) AND ('all' = ANY(o.audiences) OR 'all' = ANY(NEW.audiences) OR o.audiences && NEW.audiences)\n            ) AND NOT EXISTS (\n                SELECT 1 FROM notifications_firstapproval f\n                WHERE f.campaign_id = NEW.id AND f.fingerprint = NEW.fingerprint AND f.by_id <> NEW.approved_by_id\n            ) THEN\n                RAISE EXCEPTION 'two people approve another urgent alert to the same people within 7 days'\n                    USING ERRCODE = 'check_violation';\n            END IF;\n        END IF;\n        RETURN NEW;\n    ", hash='0e7d06b6a8aa22f6facd10fb0860d70083e23107', operation='UPDATE', pgid='pgtrigger_approved_twice_8b841', table='notifications_campaign', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='staffmessage',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['to-approve', 'came-back', 'halted', 'starts-soon', 'translation-request', 'translation-due', 'translation-back', 'help-lapsed'])), name='staffmessage_kind'),
        ),
    ]
