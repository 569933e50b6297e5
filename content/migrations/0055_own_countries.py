"""Let the database refuse approvals and checks by people who work on other countries."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0054_country_manifests"),
        # The triggers read the countries of accounts.
        ("core", "0016_content_countries"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="assurance",
            trigger=pgtrigger.compiler.Trigger(
                name="own_country",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'INSERT' AND NOT EXISTS (\n                SELECT FROM core_user person, content_service service\n                WHERE person.id = NEW.by_id AND service.id = (SELECT service_id FROM content_channelrevision WHERE id = NEW.revision_id) AND ('*' = ANY(person.content_countries)\n                OR CASE WHEN service.country_id <> 'ZZ' THEN ARRAY[service.country_id::text]\n                WHEN cardinality(service.area) > 0 THEN service.area::text[] ELSE ARRAY['*'] END <@ person.content_countries::text[])\n            ) THEN\n                RAISE EXCEPTION 'this person works on other countries' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="3b0183facb59cdf2d2524f1257fe12865d445103",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_own_country_443b6",
                    table="content_assurance",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channelrevision",
            trigger=pgtrigger.compiler.Trigger(
                name="own_country",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF NEW.state = 'approved' AND NEW.approved_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.state <> 'approved') AND NOT EXISTS (\n                SELECT FROM core_user person, content_service service\n                WHERE person.id = NEW.approved_by_id AND service.id = NEW.service_id AND ('*' = ANY(person.content_countries)\n                OR CASE WHEN service.country_id <> 'ZZ' THEN ARRAY[service.country_id::text]\n                WHEN cardinality(service.area) > 0 THEN service.area::text[] ELSE ARRAY['*'] END <@ person.content_countries::text[])\n            ) THEN\n                RAISE EXCEPTION 'this person works on other countries' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="c5daf965b0db74af4e20a4d819534277693bb91b",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_own_country_d75d2",
                    table="content_channelrevision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="servicerevision",
            trigger=pgtrigger.compiler.Trigger(
                name="own_country",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF NEW.state = 'approved' AND NEW.approved_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.state <> 'approved') AND NOT EXISTS (\n                SELECT FROM core_user person, content_service service\n                WHERE person.id = NEW.approved_by_id AND service.id = NEW.service_id AND ('*' = ANY(person.content_countries)\n                OR CASE WHEN service.country_id <> 'ZZ' THEN ARRAY[service.country_id::text]\n                WHEN cardinality(service.area) > 0 THEN service.area::text[] ELSE ARRAY['*'] END <@ person.content_countries::text[] AND CASE WHEN NEW.country_id <> 'ZZ' THEN ARRAY[NEW.country_id::text]\n                WHEN cardinality(NEW.area) > 0 THEN NEW.area::text[] ELSE ARRAY['*'] END <@ person.content_countries::text[])\n            ) THEN\n                RAISE EXCEPTION 'this person works on other countries' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="cf0fe24dcf0be3fac39ba39fb05204030ba03315",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_own_country_7993b",
                    table="content_servicerevision",
                    when="BEFORE",
                ),
            ),
        ),
    ]
