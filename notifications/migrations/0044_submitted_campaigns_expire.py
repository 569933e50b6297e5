"""Let a submitted campaign expire at its end, and name the message that one expired."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0043_second_canary'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='state_edges',
        ),
        migrations.RemoveConstraint(
            model_name='campaign',
            name='campaign_approved_by_another',
        ),
        migrations.RemoveConstraint(
            model_name='staffmessage',
            name='staffmessage_kind',
        ),
        migrations.AlterField(
            model_name='staffmessage',
            name='kind',
            field=models.CharField(choices=[('to-approve', 'A campaign waits for my approval'), ('came-back', 'A campaign that I wrote was sent back'), ('halted', 'A campaign was halted or put on hold'), ('expired', 'A campaign that I wrote expired before it started'), ('starts-soon', 'A campaign starts within the hour'), ('translation-request', 'A campaign needs a text in one of my languages'), ('translation-due', 'A text in one of my languages is due within the hour'), ('translation-back', 'A translation that I requested was handed in'), ('help-lapsed', 'A service in a campaign that is sent within a day no longer helps')], max_length=20),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='state_edges', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF TG_OP = 'INSERT' THEN\n                    IF NEW.state <> 'draft' THEN\n                        RAISE EXCEPTION 'notifications.Campaign begins as draft, not as %', NEW.state\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                ELSIF NEW.state <> OLD.state\n                    AND (OLD.state::text, NEW.state::text) NOT IN (('approved', 'draft'), ('approved', 'expired'), ('approved', 'halted'), ('approved', 'held'), ('approved', 'sending'), ('approved', 'stopped'), ('done', 'stopped'), ('draft', 'submitted'), ('halted', 'approved'), ('halted', 'done'), ('halted', 'sending'), ('halted', 'stopped'), ('held', 'approved'), ('held', 'done'), ('held', 'sending'), ('held', 'stopped'), ('paused', 'done'), ('paused', 'sending'), ('paused', 'stopped'), ('sending', 'done'), ('sending', 'halted'), ('sending', 'held'), ('sending', 'paused'), ('sending', 'stopped'), ('submitted', 'approved'), ('submitted', 'draft'), ('submitted', 'expired'), ('submitted', 'rejected')) THEN\n                    RAISE EXCEPTION 'notifications.Campaign cannot go from % to %', OLD.state, NEW.state\n                        USING ERRCODE = 'check_violation';\n                END IF;\n                RETURN NEW;\n            ", hash='b461293af02ee3713100b4462cf11250f14b5a2f', operation='INSERT OR UPDATE', pgid='pgtrigger_state_edges_7f247', table='notifications_campaign', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('approved', 'sending', 'paused', 'halted', 'held', 'stopped', 'done', 'expired')), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_by', models.F('submitted_by')), _negated=True)), models.Q(('approved_at', None), ('approved_by', None), ('frozen_at', None), ('starts_at', None), ('state', 'expired')), _connector='OR'), name='campaign_approved_by_another'),
        ),
        AddConstraintNotValid(
            model_name='staffmessage',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['to-approve', 'came-back', 'halted', 'expired', 'starts-soon', 'translation-request', 'translation-due', 'translation-back', 'help-lapsed'])), name='staffmessage_kind'),
        ),
    ]
