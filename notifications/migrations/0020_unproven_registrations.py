"""Give a registration no ticket until it is proven; the next migration adds the index and checks the rows."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0019_random_canary'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='registration',
            name='ticket',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='registration',
            name='counted_on_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='registration',
            name='counted_on_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='registration',
            name='counted_on_delete',
        ),
        migrations.AddField(
            model_name='registration',
            name='unproven_since',
            field=models.DateTimeField(blank=True, help_text='When it registered, as long as nothing shows that it is an app of ours.', null=True),
        ),
        migrations.AlterField(
            model_name='registration',
            name='ticket',
            field=models.BigIntegerField(editable=False, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='registration',
            trigger=pgtrigger.compiler.Trigger(name='ticket', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF TG_OP = 'UPDATE' AND OLD.unproven_since IS NULL THEN\n                        NEW.unproven_since := NULL;\n                    END IF;\n                    IF NEW.unproven_since IS NOT NULL THEN\n                        NEW.ticket := NULL;\n                        RETURN NEW;\n                    END IF;\n                    IF TG_OP = 'UPDATE' AND NEW.segment_id = OLD.segment_id AND OLD.ticket IS NOT NULL\n                        AND (OLD.gone_at IS NULL OR NEW.gone_at IS NOT NULL) THEN\n                        NEW.ticket := OLD.ticket;\n                        RETURN NEW;\n                    END IF;\n                    PERFORM pg_advisory_xact_lock_shared(18000, 1);\n                    NEW.ticket := nextval('notifications_ticket');\n                    RETURN NEW;\n                ", hash='ee6f45ce105676494af711872e4397417bda666d', operation='INSERT OR UPDATE', pgid='pgtrigger_ticket_7aa91', table='notifications_registration', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='registration',
            trigger=pgtrigger.compiler.Trigger(name='counted_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO notifications_segmentcount (segment_id, devices)\n            SELECT segment_id, sum(devices) FROM (SELECT segment_id, 1 AS devices FROM added WHERE gone_at IS NULL AND ticket IS NOT NULL) changes GROUP BY segment_id HAVING sum(devices) <> 0;\n            RETURN NULL;\n        ', hash='76cb7caf6c36cdea5b20c6d0ef2458cc7019a2e1', level='STATEMENT', operation='INSERT', pgid='pgtrigger_counted_on_insert_2e31b', referencing='REFERENCING NEW TABLE AS added ', table='notifications_registration', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='registration',
            trigger=pgtrigger.compiler.Trigger(name='counted_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO notifications_segmentcount (segment_id, devices)\n            SELECT segment_id, sum(devices) FROM (SELECT segment_id, 1 AS devices FROM added WHERE gone_at IS NULL AND ticket IS NOT NULL UNION ALL SELECT segment_id, -1 AS devices FROM removed WHERE gone_at IS NULL AND ticket IS NOT NULL) changes GROUP BY segment_id HAVING sum(devices) <> 0;\n            RETURN NULL;\n        ', hash='a7eb00b46684a46719de4dbdfec3353e7f9d8c9a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_counted_on_update_d1b66', referencing='REFERENCING OLD TABLE AS removed  NEW TABLE AS added ', table='notifications_registration', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='registration',
            trigger=pgtrigger.compiler.Trigger(name='counted_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO notifications_segmentcount (segment_id, devices)\n            SELECT segment_id, sum(devices) FROM (SELECT segment_id, -1 AS devices FROM removed WHERE gone_at IS NULL AND ticket IS NOT NULL) changes GROUP BY segment_id HAVING sum(devices) <> 0;\n            RETURN NULL;\n        ', hash='e5c19b46fdfab191d008cf94a02c9c8a7d3b23f0', level='STATEMENT', operation='DELETE', pgid='pgtrigger_counted_on_delete_ee627', referencing='REFERENCING OLD TABLE AS removed ', table='notifications_registration', when='AFTER')),
        ),
        AddConstraintNotValid(
            model_name='registration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ticket', None), ('unproven_since__isnull', False)), models.Q(('ticket__isnull', False), ('unproven_since', None)), _connector='OR'), name='registration_ticket_if_proven'),
        ),
    ]
