"""Let the database refuse an approver of a tip who does not work on all countries that read it."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0055_own_countries'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='tiprevision',
            trigger=pgtrigger.compiler.Trigger(name='own_country', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF NEW.state = 'approved' AND NEW.approved_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.state <> 'approved') AND NOT EXISTS (\n                SELECT FROM core_user person\n                WHERE person.id = NEW.approved_by_id AND ('*' = ANY(person.content_countries)\n                OR cardinality(NEW.countries) > 0 AND NEW.countries::text[] <@ person.content_countries::text[] AND NOT EXISTS (\n                    SELECT FROM content_tip tip WHERE tip.slug = NEW.slug AND NOT (cardinality(tip.countries) > 0 AND tip.countries::text[] <@ person.content_countries::text[])))\n            ) THEN\n                RAISE EXCEPTION 'this person works on other countries' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='91263db36157e841158bbd13e284b88d88868629', operation='INSERT OR UPDATE', pgid='pgtrigger_own_country_d1d1a', table='content_tiprevision', when='BEFORE')),
        ),
    ]
