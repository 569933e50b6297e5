"""Rights change only in the transaction that approves a change of the account; limits of campaign staff, and absences."""

import core.models.user
import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0012_audit_readers'),
    ]

    operations = [
        migrations.CreateModel(
            name='GivenRole',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('core.user_groups',),
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='staffchange',
            name='proposal_fixed',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='staffchange',
            name='decided_once',
        ),
        migrations.AddField(
            model_name='staffchange',
            name='approved_in',
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='staffchange',
            name='campaign_apps',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, db_default=['*'], default=core.models.user.everything, size=None),
        ),
        migrations.AddField(
            model_name='staffchange',
            name='campaign_countries',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), blank=True, db_default=['*'], default=core.models.user.everything, size=None),
        ),
        migrations.AddField(
            model_name='user',
            name='away_until',
            field=models.DateField(blank=True, help_text="The last day of an absence, by the person's own clock.", null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='campaign_apps',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, db_default=['*'], default=core.models.user.everything, help_text='Apps whose campaigns this person writes or approves.', size=None),
        ),
        migrations.AddField(
            model_name='user',
            name='campaign_countries',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), blank=True, db_default=['*'], default=core.models.user.everything, help_text='Countries for which this person writes or approves campaigns.', size=None),
        ),
        migrations.AlterField(
            model_name='staffchange',
            name='act',
            field=models.CharField(choices=[('invite', 'Invite'), ('change', 'Change roles, languages and limits'), ('reset', 'Reset the sign-in'), ('reopen', 'Open the account again')], max_length=10),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='staffchange',
            trigger=pgtrigger.compiler.Trigger(name='proposal_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."act" IS DISTINCT FROM (NEW."act") OR OLD."username" IS DISTINCT FROM (NEW."username") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."roles" IS DISTINCT FROM (NEW."roles") OR OLD."locales" IS DISTINCT FROM (NEW."locales") OR OLD."campaign_apps" IS DISTINCT FROM (NEW."campaign_apps") OR OLD."campaign_countries" IS DISTINCT FROM (NEW."campaign_countries") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='b22045b767a6e0186d3747f7af45da0eecccb07a', operation='UPDATE', pgid='pgtrigger_proposal_fixed_2a873', table='core_staffchange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='staffchange',
            trigger=pgtrigger.compiler.Trigger(name='decided_once', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'UPDATE' AND (OLD.approved_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL) THEN\n        RAISE EXCEPTION 'a decided change of an account stays as it is' USING ERRCODE = 'check_violation';\n    END IF;\n    IF TG_OP = 'UPDATE' AND OLD.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id THEN\n        RAISE EXCEPTION 'a change stays that of its account' USING ERRCODE = 'check_violation';\n    END IF;\n    -- Rights change in the transaction that approves (core.models.account_rules), and in no other.\n    NEW.approved_in := NULL;\n    IF NEW.approved_at IS NOT NULL THEN\n        NEW.approved_in := pg_current_xact_id()::text::bigint;\n        IF TG_OP = 'INSERT' THEN\n            RAISE EXCEPTION 'a change of an account begins as a proposal' USING ERRCODE = 'check_violation';\n        END IF;\n        PERFORM 1 FROM core_user WHERE id = NEW.account_id AND username = NEW.username;\n        IF NOT FOUND THEN\n            RAISE EXCEPTION 'a change is of the account that it names' USING ERRCODE = 'check_violation';\n        END IF;\n        PERFORM 1 FROM core_user_groups member JOIN auth_group role ON role.id = member.group_id\n            JOIN core_user person ON person.id = member.user_id\n            WHERE role.name = 'administrator' AND person.is_active AND person.is_staff\n            AND person.id IN (NEW.proposed_by_id, NEW.approved_by_id)\n            HAVING count(DISTINCT person.id) = 2;\n        IF NOT FOUND THEN\n            RAISE EXCEPTION 'a change of an account takes two active administrators' USING ERRCODE = 'check_violation';\n        END IF;\n    END IF;\n    RETURN NEW;\n", hash='a350388412edec0ce88d65053d1dbc149c4ade16', operation='INSERT OR UPDATE', pgid='pgtrigger_decided_once_5b8b0', table='core_staffchange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='account_by_change', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE approved RECORD;', func="\n        IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN\n            RETURN coalesce(NEW, OLD);\n        END IF;\n        IF TG_OP = 'DELETE' THEN\n            RAISE EXCEPTION 'an account is closed and never deleted' USING ERRCODE = 'check_violation';\n        END IF;\n        IF TG_OP = 'INSERT' THEN\n            IF NEW.is_superuser OR NEW.is_staff AND NOT (\n        SELECT count(*) < 2 FROM core_user_groups member\n        JOIN auth_group role ON role.id = member.group_id JOIN core_user person ON person.id = member.user_id\n        WHERE role.name = 'administrator' AND person.is_active AND person.is_staff AND person.id <> NEW.id\n    ) THEN\n                RAISE EXCEPTION 'an account gets access by a change that two administrators approve' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        END IF;\n        IF (NEW.username, NEW.email, NEW.date_joined) IS DISTINCT FROM (OLD.username, OLD.email, OLD.date_joined) THEN\n            RAISE EXCEPTION 'the name and the address of an account stay as they are' USING ERRCODE = 'check_violation';\n        END IF;\n        IF NEW.session_epoch < OLD.session_epoch OR OLD.credentials_changed_at IS NOT NULL\n            AND (NEW.credentials_changed_at IS NULL OR NEW.credentials_changed_at < OLD.credentials_changed_at) THEN\n            RAISE EXCEPTION 'a pause of approvals and an ended session stay as they are' USING ERRCODE = 'check_violation';\n        END IF;\n        IF OLD.is_active AND OLD.is_staff AND NOT (NEW.is_active AND NEW.is_staff) AND (\n        SELECT count(*) < 2 FROM core_user_groups member\n        JOIN auth_group role ON role.id = member.group_id JOIN core_user person ON person.id = member.user_id\n        WHERE role.name = 'administrator' AND person.is_active AND person.is_staff AND person.id <> OLD.id\n    )\n            AND EXISTS (SELECT 1 FROM core_user_groups member JOIN auth_group role ON role.id = member.group_id\n                WHERE member.user_id = OLD.id AND role.name = 'administrator') THEN\n            RAISE EXCEPTION 'two administrators are always left' USING ERRCODE = 'check_violation';\n        END IF;\n        \n        SELECT act, roles, locales, campaign_apps, campaign_countries INTO approved FROM core_staffchange\n        WHERE account_id = NEW.id AND approved_in = pg_current_xact_id()::text::bigint ORDER BY id DESC LIMIT 1;\n    \n        IF NEW.is_superuser AND NOT OLD.is_superuser\n            OR NEW.is_staff AND NOT OLD.is_staff AND approved.act IS DISTINCT FROM 'invite'\n            OR NEW.is_active AND NOT OLD.is_active AND approved.act IS DISTINCT FROM 'reopen'\n            OR (NEW.locales, NEW.campaign_apps, NEW.campaign_countries) IS DISTINCT FROM (OLD.locales, OLD.campaign_apps, OLD.campaign_countries)\n                AND (coalesce(approved.act, '') NOT IN ('invite', 'change')\n                    OR (NEW.locales, NEW.campaign_apps, NEW.campaign_countries) IS DISTINCT FROM (approved.locales, approved.campaign_apps, approved.campaign_countries))\n        THEN\n            RAISE EXCEPTION 'rights change by a change that two administrators approve' USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ", hash='643988108d7fe7c0c8f620584d5eb4f0035536e4', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_account_by_change_0e934', table='core_user', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='givenrole',
            trigger=pgtrigger.compiler.Trigger(name='role_by_change', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE approved RECORD; account BIGINT; given TEXT;', func="\n        IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN\n            RETURN coalesce(NEW, OLD);\n        END IF;\n        account := coalesce(NEW.user_id, OLD.user_id);\n        SELECT name INTO given FROM auth_group WHERE id = coalesce(NEW.group_id, OLD.group_id);\n        \n        SELECT act, roles, locales, campaign_apps, campaign_countries INTO approved FROM core_staffchange\n        WHERE account_id = account AND approved_in = pg_current_xact_id()::text::bigint ORDER BY id DESC LIMIT 1;\n    \n        IF TG_OP = 'UPDATE'\n            OR TG_OP = 'INSERT' AND NOT coalesce(approved.act IN ('invite', 'change') AND given = ANY(approved.roles), FALSE)\n                AND NOT (\n        SELECT count(*) < 2 FROM core_user_groups member\n        JOIN auth_group role ON role.id = member.group_id JOIN core_user person ON person.id = member.user_id\n        WHERE role.name = 'administrator' AND person.is_active AND person.is_staff AND person.id <> account\n    )\n            OR TG_OP = 'DELETE' AND NOT coalesce(approved.act = 'change' AND NOT given = ANY(approved.roles), FALSE)\n        THEN\n            RAISE EXCEPTION 'roles change by a change that two administrators approve' USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN coalesce(NEW, OLD);\n    ", hash='8d2f8420c80ff74aeeaaeb3dc266a66bbf09b3f0', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_role_by_change_191e7', table='core_user_groups', when='BEFORE')),
        ),
    ]
