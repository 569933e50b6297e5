"""Let a channel name the situations that it is for; a null value means all of them."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0018_validate_new_terms'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='channel',
            name='only_approved',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='channelrevision',
            name='values_fixed',
        ),
        migrations.AddField(
            model_name='channel',
            name='situations',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, help_text='Those that the channel is for; unset: all.', null=True, size=None),
        ),
        migrations.AddField(
            model_name='channelrevision',
            name='situations',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, help_text='Those that the channel is for; unset: all.', null=True, size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='channel',
            trigger=pgtrigger.compiler.Trigger(name='only_approved', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    IF TG_OP = \'DELETE\' THEN\n        PERFORM 1 FROM content_channelrevision r\n            WHERE r.service_id = OLD.service_id AND r.position = OLD.position\n            AND r.state = \'approved\' AND r.act = \'remove\' AND r.id > OLD.revision_id;\n        IF NOT FOUND THEN\n            RAISE EXCEPTION \'a channel goes only by an approved revision\' USING ERRCODE = \'check_violation\';\n        END IF;\n        RETURN OLD;\n    END IF;\n    PERFORM 1 FROM content_channelrevision r\n        WHERE r.id = NEW.revision_id AND r.state = \'approved\' AND r.act <> \'remove\'\n        AND r.service_id = NEW.service_id AND r.position = NEW.position\n        AND (r."type", r."number_type", r."dial", r."address", r."keyword", r."mnemonic", r."hours", r."cost", r."anonymous", r."on_bill", r."situations", r."source") IS NOT DISTINCT FROM (NEW."type", NEW."number_type", NEW."dial", NEW."address", NEW."keyword", NEW."mnemonic", NEW."hours", NEW."cost", NEW."anonymous", NEW."on_bill", NEW."situations", NEW."source");\n    IF NOT FOUND THEN\n        RAISE EXCEPTION \'a number or address changes only by an approved revision that says so\'\n            USING ERRCODE = \'check_violation\';\n    END IF;\n    PERFORM 1 FROM content_channelrevision r\n        WHERE r.service_id = NEW.service_id AND r.position = NEW.position\n        AND r.state = \'approved\' AND r.id > NEW.revision_id;\n    IF FOUND OR (TG_OP = \'UPDATE\' AND NEW.revision_id < OLD.revision_id) THEN\n        RAISE EXCEPTION \'an approved revision takes effect once; a newer one was approved\'\n            USING ERRCODE = \'check_violation\';\n    END IF;\n    RETURN NEW;\n', hash='756bdc6e7576c1c436a2ec7bd4c3e0661f591108', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_only_approved_71677', table='content_channel', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='channelrevision',
            trigger=pgtrigger.compiler.Trigger(name='values_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."service_id" IS DISTINCT FROM (NEW."service_id") OR OLD."position" IS DISTINCT FROM (NEW."position") OR OLD."act" IS DISTINCT FROM (NEW."act") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at") OR OLD."type" IS DISTINCT FROM (NEW."type") OR OLD."number_type" IS DISTINCT FROM (NEW."number_type") OR OLD."dial" IS DISTINCT FROM (NEW."dial") OR OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."keyword" IS DISTINCT FROM (NEW."keyword") OR OLD."mnemonic" IS DISTINCT FROM (NEW."mnemonic") OR OLD."hours" IS DISTINCT FROM (NEW."hours") OR OLD."cost" IS DISTINCT FROM (NEW."cost") OR OLD."anonymous" IS DISTINCT FROM (NEW."anonymous") OR OLD."on_bill" IS DISTINCT FROM (NEW."on_bill") OR OLD."situations" IS DISTINCT FROM (NEW."situations") OR OLD."source" IS DISTINCT FROM (NEW."source"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='de6ed05c46b836bbc6be0a2088526d4d592c74eb', operation='UPDATE', pgid='pgtrigger_values_fixed_ce796', table='content_channelrevision', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='channel',
            constraint=models.CheckConstraint(condition=models.Q(('situations', None), models.Q(('situations', []), _negated=True), _connector='OR'), name='channel_situations'),
        ),
        AddConstraintNotValid(
            model_name='channelrevision',
            constraint=models.CheckConstraint(condition=models.Q(('situations', None), models.Q(('situations', []), _negated=True), _connector='OR'), name='channelrevision_situations'),
        ),
    ]
