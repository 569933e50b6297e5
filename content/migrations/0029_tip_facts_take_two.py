"""Let the facts of a tip change only by an approved revision that says so."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("content", "0028_fill_tip_revisions")]

    operations = [
        # By hand, because Django would drop and create the foreign key again.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE content_tip ALTER COLUMN revision_id SET NOT NULL",
                    "ALTER TABLE content_tip ALTER COLUMN revision_id DROP NOT NULL",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="tip",
                    name="revision",
                    field=models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tip", to="content.tiprevision"
                    ),
                )
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tip',
            trigger=pgtrigger.compiler.Trigger(name='only_approved', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    IF TG_OP = \'DELETE\' THEN\n        RAISE EXCEPTION \'a tip is retired, never deleted\' USING ERRCODE = \'check_violation\';\n    END IF;\n    PERFORM 1 FROM content_tiprevision r\n        WHERE r.id = NEW.revision_id AND r.state = \'approved\' AND r.slug = NEW.slug\n        AND (r."kind", r."audiences", r."situations", r."countries", r."min_age", r."max_age", r."age_measured", r."order", r."order_in", r."do_now", r."do_not", r."tip_state") IS NOT DISTINCT FROM (NEW."kind", NEW."audiences", NEW."situations", NEW."countries", NEW."min_age", NEW."max_age", NEW."age_measured", NEW."order", NEW."order_in", NEW."do_now", NEW."do_not", NEW."state");\n    IF NOT FOUND THEN\n        RAISE EXCEPTION \'the facts of a tip change only by an approved revision that says so\'\n            USING ERRCODE = \'check_violation\';\n    END IF;\n    PERFORM 1 FROM content_tiprevision r\n        WHERE r.slug = NEW.slug AND r.state = \'approved\' AND r.id > NEW.revision_id;\n    IF FOUND OR (TG_OP = \'UPDATE\' AND NEW.revision_id < OLD.revision_id) THEN\n        RAISE EXCEPTION \'an approved revision takes effect once; a newer one was approved\'\n            USING ERRCODE = \'check_violation\';\n    END IF;\n    RETURN NEW;\n', hash='156572857ad34e31a3f3e3c45549ac39c0d76f59', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_only_approved_f3c1e', table='content_tip', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tiprevision',
            trigger=pgtrigger.compiler.Trigger(name='state_edges', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF TG_OP = 'INSERT' THEN\n                    IF NEW.state <> 'proposed' THEN\n                        RAISE EXCEPTION 'content.TipRevision begins as proposed, not as %', NEW.state\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                ELSIF NEW.state <> OLD.state\n                    AND (OLD.state::text, NEW.state::text) NOT IN (('proposed', 'approved'), ('proposed', 'withdrawn')) THEN\n                    RAISE EXCEPTION 'content.TipRevision cannot go from % to %', OLD.state, NEW.state\n                        USING ERRCODE = 'check_violation';\n                END IF;\n                RETURN NEW;\n            ", hash='a4551b2a21fabb27c79dc1bcc7ce10db8cc337ea', operation='INSERT OR UPDATE', pgid='pgtrigger_state_edges_4cf36', table='content_tiprevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tiprevision',
            trigger=pgtrigger.compiler.Trigger(name='existing_by_migration', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."act" = \'existing\')', func="RAISE EXCEPTION 'pgtrigger: Cannot insert rows from % table', TG_TABLE_NAME;", hash='94e834c7ff80b749d1ac10f13f9e2837074b7b6e', operation='INSERT', pgid='pgtrigger_existing_by_migration_cf7d2', table='content_tiprevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tiprevision',
            trigger=pgtrigger.compiler.Trigger(name='values_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."tip_state" IS DISTINCT FROM (NEW."tip_state") OR OLD."act" IS DISTINCT FROM (NEW."act") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."audiences" IS DISTINCT FROM (NEW."audiences") OR OLD."situations" IS DISTINCT FROM (NEW."situations") OR OLD."countries" IS DISTINCT FROM (NEW."countries") OR OLD."min_age" IS DISTINCT FROM (NEW."min_age") OR OLD."max_age" IS DISTINCT FROM (NEW."max_age") OR OLD."age_measured" IS DISTINCT FROM (NEW."age_measured") OR OLD."order" IS DISTINCT FROM (NEW."order") OR OLD."order_in" IS DISTINCT FROM (NEW."order_in") OR OLD."do_now" IS DISTINCT FROM (NEW."do_now") OR OLD."do_not" IS DISTINCT FROM (NEW."do_not"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='eeb70b6b2aee634961ab697d6494b3c6a145a2c6', operation='UPDATE', pgid='pgtrigger_values_fixed_635b7', table='content_tiprevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tiprevision',
            trigger=pgtrigger.compiler.Trigger(name='approved_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" = \'approved\')', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='e1f9f11c2bd71b51d0d79e5bb5d36fe32f466e66', operation='UPDATE', pgid='pgtrigger_approved_fixed_ab893', table='content_tiprevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tiprevision',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='c3482e1e15b7ebae13073f44dab7f93a9de4e744', operation='DELETE', pgid='pgtrigger_kept_e9899', table='content_tiprevision', when='BEFORE')),
        ),
    ]
