"""No campaign is approved by a paused account, or submitted or approved outside its limits."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0028_validate_message_kinds'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='approver_not_paused', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF OLD.state = 'submitted' AND NEW.state = 'approved' AND EXISTS (SELECT 1 FROM core_user person\n                WHERE person.id = NEW.approved_by_id AND person.credentials_changed_at > clock_timestamp() - interval '24 hours') THEN\n                RAISE EXCEPTION 'an account whose password or factor changed within 24 hours approves nothing' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='c4a1466316a481730d7f0dc68246b43b484ae148', operation='UPDATE', pgid='pgtrigger_approver_not_paused_dc23c', table='notifications_campaign', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='within_limits', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF EXISTS (SELECT 1 FROM core_user person\n            WHERE (OLD.state = 'draft' AND NEW.state = 'submitted' AND person.id = NEW.submitted_by_id\n                OR OLD.state = 'submitted' AND NEW.state = 'approved' AND person.id = NEW.approved_by_id)\n            AND NOT (\n                ('*' = ANY(person.campaign_apps) OR NEW.apps <@ person.campaign_apps)\n                AND ('*' = ANY(person.campaign_countries) OR NEW.countries <@ person.campaign_countries)\n            )\n        ) THEN\n            RAISE EXCEPTION 'a campaign is submitted and approved by people who act on its apps and countries'\n                USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ", hash='a18fdbcd2f53cbd32bbaef33b565ac7696102b1d', operation='UPDATE', pgid='pgtrigger_within_limits_701b5', table='notifications_campaign', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='firstapproval',
            trigger=pgtrigger.compiler.Trigger(name='approver_not_paused', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF TRUE AND EXISTS (SELECT 1 FROM core_user person\n                WHERE person.id = NEW.by_id AND person.credentials_changed_at > clock_timestamp() - interval '24 hours') THEN\n                RAISE EXCEPTION 'an account whose password or factor changed within 24 hours approves nothing' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='437df46175991d2758a23e4c511adbaa4cfc0d8c', operation='INSERT', pgid='pgtrigger_approver_not_paused_a433f', table='notifications_firstapproval', when='BEFORE')),
        ),
    ]
