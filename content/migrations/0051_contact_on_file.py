"""Give organizations a contact on file, to which correction links are sent."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0050_languages_and_machine'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='correctionlink',
            name='fixed',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='organization',
            name='only_approved',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='organizationrevision',
            name='values_fixed',
        ),
        migrations.AddField(
            model_name='correctionlink',
            name='mailed',
            field=models.BooleanField(db_default=False, default=False, help_text='Whether it went to the contact on file; otherwise its creator passes it on.'),
        ),
        migrations.AddField(
            model_name='organization',
            name='contact',
            field=models.CharField(blank=True, db_default='', default='', max_length=254),
        ),
        migrations.AddField(
            model_name='organizationrevision',
            name='contact',
            field=models.CharField(blank=True, db_default='', default='', max_length=254),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='correctionlink',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."mailed" IS DISTINCT FROM (NEW."mailed"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='280c4ab8c89e3f83f5a290a39a74337227aafe70', operation='UPDATE', pgid='pgtrigger_fixed_78ee4', table='content_correctionlink', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='correctionlink',
            trigger=pgtrigger.compiler.Trigger(name='to_the_contact', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.mailed IS DISTINCT FROM (SELECT o.contact <> '' FROM content_organization o WHERE o.id = NEW.organization_id) THEN\n        RAISE EXCEPTION 'a link goes to the contact on file where there is one' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='407a9518652d9f7de8885b30c4ab564f53c6d582', operation='INSERT', pgid='pgtrigger_to_the_contact_ffee2', table='content_correctionlink', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organization',
            trigger=pgtrigger.compiler.Trigger(name='only_approved', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'DELETE' THEN\n        RAISE EXCEPTION 'an organization is kept' USING ERRCODE = 'check_violation';\n    END IF;\n    IF TG_OP = 'INSERT' THEN\n        IF NEW.revision_id IS NOT NULL OR NEW.contact <> '' THEN\n            RAISE EXCEPTION 'an organization begins without an approved revision and without a contact'\n                USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    END IF;\n    IF (OLD.id, OLD.name, OLD.contact, OLD.revision_id) IS NOT DISTINCT FROM (NEW.id, NEW.name, NEW.contact, NEW.revision_id) THEN\n        RETURN NEW;\n    END IF;\n    PERFORM 1 FROM content_organizationrevision r\n        WHERE r.id = NEW.revision_id AND r.state = 'approved' AND r.organization_id = NEW.id AND r.organization_id = OLD.id\n        AND r.name = NEW.name AND r.contact = NEW.contact;\n    IF NOT FOUND THEN\n        RAISE EXCEPTION 'name and contact of an organization change only by an approved revision that says so'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    PERFORM 1 FROM content_organizationrevision r\n        WHERE r.organization_id = NEW.id AND r.state = 'approved' AND r.id > NEW.revision_id;\n    IF FOUND OR NEW.revision_id < OLD.revision_id THEN\n        RAISE EXCEPTION 'an approved revision takes effect once; a newer one was approved'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='99a049f8a4cbfa72c461a7308cb5edcf25ac54c5', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_only_approved_6c2fd', table='content_organization', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organizationrevision',
            trigger=pgtrigger.compiler.Trigger(name='values_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."contact" IS DISTINCT FROM (NEW."contact") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='8e4dd424cef69dffb0f962640b1089ed7e00e4bc', operation='UPDATE', pgid='pgtrigger_values_fixed_1b05a', table='content_organizationrevision', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='organization',
            constraint=models.CheckConstraint(condition=models.Q(('contact', ''), ('contact__regex', '^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$'), _connector='OR'), name='organization_contact'),
        ),
        AddConstraintNotValid(
            model_name='organizationrevision',
            constraint=models.CheckConstraint(condition=models.Q(('contact', ''), ('contact__regex', '^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$'), _connector='OR'), name='organizationrevision_contact'),
        ),
    ]
