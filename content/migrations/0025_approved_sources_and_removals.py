"""Approve translations of approved sources alone, and remove one only as a second person proposed it."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('content', '0024_fill_texts_history')]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='target',
            name='state_edges',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='target',
            name='honest',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='unit',
            name='honest',
        ),
        migrations.AlterField(
            model_name='target',
            name='state',
            field=models.CharField(choices=[('needs-review', 'Needs Review'), ('approved', 'Approved'), ('removal', 'Removal'), ('empty', 'Empty')], default='needs-review', max_length=12),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='target',
            trigger=pgtrigger.compiler.Trigger(name='state_edges', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF TG_OP = 'INSERT' THEN\n                    IF NEW.state <> 'needs-review' THEN\n                        RAISE EXCEPTION 'content.Target begins as needs-review, not as %', NEW.state\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                ELSIF NEW.state <> OLD.state\n                    AND (OLD.state::text, NEW.state::text) NOT IN (('approved', 'needs-review'), ('approved', 'removal'), ('empty', 'needs-review'), ('needs-review', 'approved'), ('needs-review', 'removal'), ('removal', 'approved'), ('removal', 'empty'), ('removal', 'needs-review')) THEN\n                    RAISE EXCEPTION 'content.Target cannot go from % to %', OLD.state, NEW.state\n                        USING ERRCODE = 'check_violation';\n                END IF;\n                RETURN NEW;\n            ", hash='918c12c4e49947bff586e5eb7a28b0df98308e2f', operation='INSERT OR UPDATE', pgid='pgtrigger_state_edges_0aa15', table='content_target', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='target',
            trigger=pgtrigger.compiler.Trigger(name='honest', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF (NEW.text IS DISTINCT FROM OLD.text OR NEW.state IS DISTINCT FROM OLD.state\n        OR NEW.source_revision IS DISTINCT FROM OLD.source_revision)\n        AND NEW.revision <> OLD.revision + 1 THEN\n        RAISE EXCEPTION 'a changed target takes the next revision' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.text IS DISTINCT FROM OLD.text AND NEW.state = 'approved' THEN\n        RAISE EXCEPTION 'a changed target needs review' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.approved_text IS DISTINCT FROM OLD.approved_text\n        AND NOT (OLD.state = 'needs-review' AND NEW.state = 'approved') AND NEW.state <> 'empty' THEN\n        RAISE EXCEPTION 'an approved text changes only when it is approved' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.state = 'approved' AND (\n        OLD.state <> 'approved' OR NEW.approved_source_revision IS DISTINCT FROM OLD.approved_source_revision\n        OR NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id\n    ) THEN\n        IF NOT EXISTS (\n            SELECT 1 FROM content_unit WHERE id = NEW.unit_id AND approved_revision = NEW.approved_source_revision\n            UNION ALL\n            SELECT 1 FROM content_unitapproval WHERE unit_id = NEW.unit_id AND revision = NEW.approved_source_revision\n        ) THEN\n            RAISE EXCEPTION 'this revision of the source is not approved' USING ERRCODE = 'check_violation';\n        END IF;\n        IF EXISTS (\n            SELECT 1 FROM content_targetrevision\n            WHERE target_id = NEW.id AND text = NEW.text AND by_id = NEW.approved_by_id\n                AND act IN ('written', 'revised', 'restored')\n        ) THEN\n            RAISE EXCEPTION 'an author of a text cannot approve it' USING ERRCODE = 'check_violation';\n        END IF;\n    END IF;\n    IF NEW.state = 'empty' AND OLD.state <> 'empty' AND NOT EXISTS (\n        SELECT 1 FROM content_targetrevision\n        WHERE target_id = NEW.id AND revision = OLD.revision AND act = 'removal-proposed' AND by_id <> NEW.approved_by_id\n    ) THEN\n        RAISE EXCEPTION 'a second person approves a removal' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='108fd34b6f457e7574dd37791e62f6b21d96c33c', operation='UPDATE', pgid='pgtrigger_honest_1d4b0', table='content_target', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='unit',
            trigger=pgtrigger.compiler.Trigger(name='honest', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF (NEW.text, NEW.allowed_numbers, NEW.allowed_hosts) IS DISTINCT FROM (OLD.text, OLD.allowed_numbers, OLD.allowed_hosts)\n        AND NEW.revision <> OLD.revision + 1 THEN\n        RAISE EXCEPTION 'a changed text takes the next revision' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.revision < OLD.revision\n        OR (NEW.revision <> OLD.revision AND NEW.state = 'approved' AND (\n            NEW.text IS DISTINCT FROM OLD.approved_text OR cardinality(NEW.allowed_numbers || NEW.allowed_hosts) > 0\n        )) THEN\n        RAISE EXCEPTION 'a new revision needs review' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.state = 'approved' AND OLD.state <> 'approved' AND EXISTS (\n        SELECT 1 FROM content_unitrevision\n        WHERE unit_id = NEW.id AND text = NEW.text AND by_id = NEW.approved_by_id\n    ) AND NEW.text IS DISTINCT FROM OLD.approved_text THEN\n        RAISE EXCEPTION 'the author of a text cannot approve it' USING ERRCODE = 'check_violation';\n    END IF;\n    IF (NEW.approved_text, NEW.approved_revision) IS DISTINCT FROM (OLD.approved_text, OLD.approved_revision)\n        AND NOT (OLD.state = 'needs-review' AND NEW.state = 'approved') THEN\n        RAISE EXCEPTION 'an approved text changes only when it is approved' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='c187b36ad237e8c3109e6fdf20cc77e204cb05d0', operation='UPDATE', pgid='pgtrigger_honest_1ade8', table='content_unit', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='unitapproval',
            trigger=pgtrigger.compiler.Trigger(name='honest', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NOT EXISTS (\n        SELECT 1 FROM content_unit\n        WHERE id = NEW.unit_id AND state = 'approved' AND approved_revision = NEW.revision AND approved_by_id = NEW.by_id\n    ) THEN\n        RAISE EXCEPTION 'this revision of the unit is not approved by this person' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='27a59e41b6222023c4912701759e0db2c1b241be', operation='INSERT', pgid='pgtrigger_honest_97849', table='content_unitapproval', when='BEFORE')),
        ),
    ]
