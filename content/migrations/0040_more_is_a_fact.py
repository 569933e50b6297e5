"""Make it a fact of a tip, under four eyes, whether its text “more” is shown; until now it was shown where it was written."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


#: An approved revision cannot be changed otherwise. The new fact says what was true of it.
FILL = [
    "ALTER TABLE content_tiprevision DISABLE TRIGGER USER",
    """
    UPDATE content_tiprevision revision SET more = FALSE
    WHERE NOT EXISTS (SELECT 1 FROM content_unit WHERE key = 'tip.' || revision.slug || '.more')
    """,
    "ALTER TABLE content_tiprevision ENABLE TRIGGER USER",
    """
    UPDATE content_tip tip SET more = FALSE
    WHERE NOT EXISTS (SELECT 1 FROM content_unit WHERE key = 'tip.' || tip.slug || '.more')
    """,
]


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0039_set_aside_texts'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='tip',
            name='only_approved',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='tiprevision',
            name='values_fixed',
        ),
        migrations.AddField(
            model_name='tip',
            name='more',
            field=models.BooleanField(db_default=True, default=True, help_text='Whether the text “more” is shown, once it is written and approved.'),
        ),
        migrations.AddField(
            model_name='tiprevision',
            name='more',
            field=models.BooleanField(db_default=True, default=True, help_text='Whether the text “more” is shown, once it is written and approved.'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name='tip',
            trigger=pgtrigger.compiler.Trigger(name='only_approved', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    IF TG_OP = \'DELETE\' THEN\n        RAISE EXCEPTION \'a tip is retired, never deleted\' USING ERRCODE = \'check_violation\';\n    END IF;\n    PERFORM 1 FROM content_tiprevision r\n        WHERE r.id = NEW.revision_id AND r.state = \'approved\' AND r.slug = NEW.slug\n        AND (r."kind", r."audiences", r."situations", r."countries", r."min_age", r."max_age", r."age_measured", r."order", r."order_in", r."do_now", r."do_not", r."more", r."tip_state") IS NOT DISTINCT FROM (NEW."kind", NEW."audiences", NEW."situations", NEW."countries", NEW."min_age", NEW."max_age", NEW."age_measured", NEW."order", NEW."order_in", NEW."do_now", NEW."do_not", NEW."more", NEW."state");\n    IF NOT FOUND THEN\n        RAISE EXCEPTION \'the facts of a tip change only by an approved revision that says so\'\n            USING ERRCODE = \'check_violation\';\n    END IF;\n    PERFORM 1 FROM content_tiprevision r\n        WHERE r.slug = NEW.slug AND r.state = \'approved\' AND r.id > NEW.revision_id;\n    IF FOUND OR (TG_OP = \'UPDATE\' AND NEW.revision_id < OLD.revision_id) THEN\n        RAISE EXCEPTION \'an approved revision takes effect once; a newer one was approved\'\n            USING ERRCODE = \'check_violation\';\n    END IF;\n    RETURN NEW;\n', hash='dda09267477d457a3f549d7935d0e286f878abe3', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_only_approved_f3c1e', table='content_tip', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tiprevision',
            trigger=pgtrigger.compiler.Trigger(name='values_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."tip_state" IS DISTINCT FROM (NEW."tip_state") OR OLD."act" IS DISTINCT FROM (NEW."act") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."audiences" IS DISTINCT FROM (NEW."audiences") OR OLD."situations" IS DISTINCT FROM (NEW."situations") OR OLD."countries" IS DISTINCT FROM (NEW."countries") OR OLD."min_age" IS DISTINCT FROM (NEW."min_age") OR OLD."max_age" IS DISTINCT FROM (NEW."max_age") OR OLD."age_measured" IS DISTINCT FROM (NEW."age_measured") OR OLD."order" IS DISTINCT FROM (NEW."order") OR OLD."order_in" IS DISTINCT FROM (NEW."order_in") OR OLD."do_now" IS DISTINCT FROM (NEW."do_now") OR OLD."do_not" IS DISTINCT FROM (NEW."do_not") OR OLD."more" IS DISTINCT FROM (NEW."more"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='70172f4d0a0699aaf60f85b2fb76d6158ccf9c72', operation='UPDATE', pgid='pgtrigger_values_fixed_635b7', table='content_tiprevision', when='BEFORE')),
        ),
    ]
