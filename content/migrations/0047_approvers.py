"""No release is published by an account whose password or factor has just changed."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0046_text_imports'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='release',
            trigger=pgtrigger.compiler.Trigger(name='publisher_not_paused', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF NEW.state = 'published' AND OLD.state <> 'published' AND EXISTS (SELECT 1 FROM core_user person\n                WHERE person.id = NEW.published_by_id AND person.credentials_changed_at > clock_timestamp() - interval '24 hours') THEN\n                RAISE EXCEPTION 'an account whose password or factor changed within 24 hours approves nothing' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='9d1bc7e39cd8e3628f6aacb88af13f77fd35189a', operation='UPDATE', pgid='pgtrigger_publisher_not_paused_942bf', table='content_release', when='BEFORE')),
        ),
    ]
