"""Let a release have no reason but those that there are, and never another one than it was made with."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("content", "0014_fill_release_reason")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(model_name="release", name="compiled_fixed"),
        pgtrigger.migrations.AddTrigger(
            model_name='release',
            trigger=pgtrigger.compiler.Trigger(name='compiled_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."base_id" IS DISTINCT FROM (NEW."base_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."restores_id" IS DISTINCT FROM (NEW."restores_id") OR OLD."compiled_by_id" IS DISTINCT FROM (NEW."compiled_by_id") OR OLD."compiled_at" IS DISTINCT FROM (NEW."compiled_at") OR OLD."report" IS DISTINCT FROM (NEW."report"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='0e47d04d126bba8828af3379db57376b69f1a8f4', operation='UPDATE', pgid='pgtrigger_compiled_fixed_13029', table='content_release', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name="release",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["compiled", "rollback", "withdrawal", "notice", "expiry"])),
                name="release_reason",
            ),
        ),
    ]
