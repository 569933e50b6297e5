"""The person who created a correction link does not accept its replies."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0047_approvers'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='reply',
            trigger=pgtrigger.compiler.Trigger(name='accepted_by_another', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.taken AND NOT coalesce(OLD.taken, FALSE)\n        AND EXISTS (SELECT 1 FROM content_correctionlink l WHERE l.id = NEW.link_id AND l.made_by_id = NEW.dealt_by_id) THEN\n        RAISE EXCEPTION 'the person who created a link does not accept its replies' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='d6e7c0eb9e8ca0eaf41760ba23a3963d839baf6a', operation='UPDATE', pgid='pgtrigger_accepted_by_another_063dc', table='content_reply', when='BEFORE')),
        ),
    ]
