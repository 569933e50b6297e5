"""Limit people to the countries whose content they work on, and let leads hand out and take back rights that they have."""

import core.models.user
import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0015_backups'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='user',
            options={'permissions': (('administer_staff', 'Can propose and approve changes of accounts'), ('hand_out_rights', 'Can hand out and withdraw roles, languages and countries that the person has'), ('read_audit', 'Can read the audit log')), 'verbose_name': 'user', 'verbose_name_plural': 'users'},
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='givenrole',
            name='role_by_change',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='staffchange',
            name='proposal_fixed',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='staffchange',
            name='decided_once',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='account_by_change',
        ),
        migrations.RemoveConstraint(
            model_name='staffchange',
            name='staffchange_act',
        ),
        migrations.RemoveConstraint(
            model_name='staffchange',
            name='staffchange_four_eyes',
        ),
        migrations.AddField(
            model_name='staffchange',
            name='content_countries',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), blank=True, db_default=['*'], default=core.models.user.everything, size=None),
        ),
        migrations.AddField(
            model_name='user',
            name='content_countries',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), blank=True, db_default=['*'], default=core.models.user.everything, help_text='Countries whose services, and texts for that country alone, this person writes, approves and checks.', size=None),
        ),
        migrations.AlterField(
            model_name='staffchange',
            name='act',
            field=models.CharField(choices=[('invite', 'Invite'), ('change', 'Change roles, languages and limits'), ('reset', 'Reset the sign-in'), ('reopen', 'Open the account again'), ('take-back', 'Take rights back')], max_length=10),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='givenrole',
            trigger=pgtrigger.compiler.Trigger(name='role_by_change', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE approved RECORD; account BIGINT; given TEXT;', func="\n        IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN\n            RETURN coalesce(NEW, OLD);\n        END IF;\n        account := coalesce(NEW.user_id, OLD.user_id);\n        SELECT name INTO given FROM auth_group WHERE id = coalesce(NEW.group_id, OLD.group_id);\n        \n        SELECT act, roles, locales, campaign_apps, campaign_countries, content_countries INTO approved FROM core_staffchange\n        WHERE account_id = account AND approved_in = pg_current_xact_id()::text::bigint ORDER BY id DESC LIMIT 1;\n    \n        IF TG_OP = 'UPDATE'\n            OR TG_OP = 'INSERT' AND NOT coalesce(approved.act IN ('invite', 'change') AND given = ANY(approved.roles), FALSE)\n                AND NOT (\n        SELECT count(*) < 2 FROM core_user_groups member\n        JOIN auth_group role ON role.id = member.group_id JOIN core_user person ON person.id = member.user_id\n        WHERE role.name = 'administrator' AND person.is_active AND person.is_staff AND person.id <> account\n    )\n            OR TG_OP = 'DELETE' AND (coalesce(approved.act, '') NOT IN ('change', 'take-back') OR given = ANY(approved.roles))\n        THEN\n            RAISE EXCEPTION 'roles change by a change that two administrators approve' USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN coalesce(NEW, OLD);\n    ", hash='cc83d7c6bc0c5b5c20d80aa090e219e1836acb07', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_role_by_change_191e7', table='core_user_groups', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='staffchange',
            trigger=pgtrigger.compiler.Trigger(name='proposal_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."act" IS DISTINCT FROM (NEW."act") OR OLD."username" IS DISTINCT FROM (NEW."username") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."roles" IS DISTINCT FROM (NEW."roles") OR OLD."locales" IS DISTINCT FROM (NEW."locales") OR OLD."campaign_apps" IS DISTINCT FROM (NEW."campaign_apps") OR OLD."campaign_countries" IS DISTINCT FROM (NEW."campaign_countries") OR OLD."content_countries" IS DISTINCT FROM (NEW."content_countries") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='c71fdf868604bd5f0bbdc28f1f1deecb8a7af740', operation='UPDATE', pgid='pgtrigger_proposal_fixed_2a873', table='core_staffchange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='staffchange',
            trigger=pgtrigger.compiler.Trigger(name='decided_once', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE account RECORD; held TEXT[]; deciding INTEGER;', func="\n    IF TG_OP = 'UPDATE' AND (OLD.approved_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL) THEN\n        RAISE EXCEPTION 'a decided change of an account stays as it is' USING ERRCODE = 'check_violation';\n    END IF;\n    IF TG_OP = 'UPDATE' AND OLD.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id THEN\n        RAISE EXCEPTION 'a change stays that of its account' USING ERRCODE = 'check_violation';\n    END IF;\n    -- Rights change in the transaction that approves (core.models.account_rules), and in no other.\n    NEW.approved_in := NULL;\n    IF NEW.approved_at IS NOT NULL THEN\n        NEW.approved_in := pg_current_xact_id()::text::bigint;\n        IF TG_OP = 'INSERT' THEN\n            RAISE EXCEPTION 'a change of an account begins as a proposal' USING ERRCODE = 'check_violation';\n        END IF;\n        SELECT * INTO account FROM core_user WHERE id = NEW.account_id AND username = NEW.username;\n        IF NOT FOUND THEN\n            RAISE EXCEPTION 'a change is of the account that it names' USING ERRCODE = 'check_violation';\n        END IF;\n        held := ARRAY(SELECT role.name::text FROM core_user_groups member JOIN auth_group role ON role.id = member.group_id\n            WHERE member.user_id = account.id);\n        IF NEW.act = 'take-back' AND NOT (NEW.roles::text[] <@ held AND NEW.locales <@ account.locales\n            AND NEW.content_countries <@ account.content_countries) THEN\n            RAISE EXCEPTION 'rights that are taken back are not given' USING ERRCODE = 'check_violation';\n        END IF;\n        SELECT count(*) INTO deciding FROM (\n            SELECT person.*, ARRAY(\n                SELECT role.name::text FROM core_user_groups member JOIN auth_group role ON role.id = member.group_id\n                WHERE member.user_id = person.id\n            ) AS roles FROM core_user person\n            WHERE person.is_active AND person.is_staff AND person.id IN (NEW.proposed_by_id, NEW.approved_by_id)\n        ) person WHERE NEW.act <> 'take-back' AND 'administrator' = ANY(person.roles) OR (\n            'localisation-lead' = ANY(person.roles) AND NEW.act IN ('change', 'take-back') AND person.id <> account.id\n            AND (NEW.campaign_apps, NEW.campaign_countries)\n                IS NOT DISTINCT FROM (account.campaign_apps, account.campaign_countries)\n            AND NOT EXISTS (\n                SELECT FROM unnest(NEW.roles::text[] || held) AS changed_role\n                WHERE (changed_role = ANY(NEW.roles)) <> (changed_role = ANY(held)) AND changed_role <> ALL(ARRAY['localisation-editor', 'localisation-reviewer', 'assurer'])\n            )\n            AND NOT EXISTS (\n                SELECT FROM unnest(ARRAY['localisation-editor', 'localisation-reviewer', 'assurer', 'campaign-approver']) AS right_role,\n                    unnest(NEW.locales::text[] || account.locales::text[] || ARRAY['']) AS right_locale,\n                    unnest(NEW.content_countries::text[] || account.content_countries::text[] || ARRAY['']) AS right_country\n                WHERE (right_role = ANY(NEW.roles)\n                AND (right_locale = '' OR right_locale = ANY(NEW.locales) OR '*' = ANY(NEW.locales))\n                AND (right_country = '' OR right_country = ANY(NEW.content_countries) OR '*' = ANY(NEW.content_countries))) <> (right_role = ANY(held)\n                AND (right_locale = '' OR right_locale = ANY(account.locales) OR '*' = ANY(account.locales))\n                AND (right_country = '' OR right_country = ANY(account.content_countries) OR '*' = ANY(account.content_countries))) AND NOT (right_role = ANY(person.roles)\n                AND (right_locale = '' OR right_locale = ANY(person.locales) OR '*' = ANY(person.locales))\n                AND (right_country = '' OR right_country = ANY(person.content_countries) OR '*' = ANY(person.content_countries)))\n            )\n        );\n        IF deciding < (CASE NEW.act WHEN 'take-back' THEN 1 ELSE 2 END) THEN\n            RAISE EXCEPTION 'a change of an account takes two active administrators, or leads who have the rights themselves'\n                USING ERRCODE = 'check_violation';\n        END IF;\n    END IF;\n    RETURN NEW;\n", hash='4400681521b24a8b3bd6cfc06af53ace5e77d9f8', operation='INSERT OR UPDATE', pgid='pgtrigger_decided_once_5b8b0', table='core_staffchange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='account_by_change', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE approved RECORD;', func="\n        IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN\n            RETURN coalesce(NEW, OLD);\n        END IF;\n        IF TG_OP = 'DELETE' THEN\n            RAISE EXCEPTION 'an account is closed and never deleted' USING ERRCODE = 'check_violation';\n        END IF;\n        IF TG_OP = 'INSERT' THEN\n            IF NEW.is_superuser OR NEW.is_staff AND NOT (\n        SELECT count(*) < 2 FROM core_user_groups member\n        JOIN auth_group role ON role.id = member.group_id JOIN core_user person ON person.id = member.user_id\n        WHERE role.name = 'administrator' AND person.is_active AND person.is_staff AND person.id <> NEW.id\n    ) THEN\n                RAISE EXCEPTION 'an account gets access by a change that two administrators approve' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        END IF;\n        IF (NEW.username, NEW.email, NEW.date_joined) IS DISTINCT FROM (OLD.username, OLD.email, OLD.date_joined) THEN\n            RAISE EXCEPTION 'the name and the address of an account stay as they are' USING ERRCODE = 'check_violation';\n        END IF;\n        IF NEW.session_epoch < OLD.session_epoch OR OLD.credentials_changed_at IS NOT NULL\n            AND (NEW.credentials_changed_at IS NULL OR NEW.credentials_changed_at < OLD.credentials_changed_at) THEN\n            RAISE EXCEPTION 'a pause of approvals and an ended session stay as they are' USING ERRCODE = 'check_violation';\n        END IF;\n        IF OLD.is_active AND OLD.is_staff AND NOT (NEW.is_active AND NEW.is_staff) AND (\n        SELECT count(*) < 2 FROM core_user_groups member\n        JOIN auth_group role ON role.id = member.group_id JOIN core_user person ON person.id = member.user_id\n        WHERE role.name = 'administrator' AND person.is_active AND person.is_staff AND person.id <> OLD.id\n    )\n            AND EXISTS (SELECT 1 FROM core_user_groups member JOIN auth_group role ON role.id = member.group_id\n                WHERE member.user_id = OLD.id AND role.name = 'administrator') THEN\n            RAISE EXCEPTION 'two administrators are always left' USING ERRCODE = 'check_violation';\n        END IF;\n        \n        SELECT act, roles, locales, campaign_apps, campaign_countries, content_countries INTO approved FROM core_staffchange\n        WHERE account_id = NEW.id AND approved_in = pg_current_xact_id()::text::bigint ORDER BY id DESC LIMIT 1;\n    \n        IF NEW.is_superuser AND NOT OLD.is_superuser\n            OR NEW.is_staff AND NOT OLD.is_staff AND approved.act IS DISTINCT FROM 'invite'\n            OR NEW.is_active AND NOT OLD.is_active AND approved.act IS DISTINCT FROM 'reopen'\n            OR (NEW.locales, NEW.campaign_apps, NEW.campaign_countries, NEW.content_countries) IS DISTINCT FROM (OLD.locales, OLD.campaign_apps, OLD.campaign_countries, OLD.content_countries)\n                AND (coalesce(approved.act, '') NOT IN ('invite', 'change', 'take-back')\n                    OR (NEW.locales, NEW.campaign_apps, NEW.campaign_countries, NEW.content_countries) IS DISTINCT FROM (approved.locales, approved.campaign_apps, approved.campaign_countries, approved.content_countries))\n        THEN\n            RAISE EXCEPTION 'rights change by a change that two administrators approve' USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ", hash='a53934c15b5919c5934a028e0760a5d281221238', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_account_by_change_0e934', table='core_user', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='staffchange',
            constraint=models.CheckConstraint(condition=models.Q(('act__in', ['invite', 'change', 'reset', 'reopen', 'take-back'])), name='staffchange_act'),
        ),
        AddConstraintNotValid(
            model_name='staffchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approved_by__isnull', True)), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), ('withdrawn_at__isnull', True), models.Q(models.Q(('approved_by', models.F('proposed_by')), _negated=True), ('act', 'take-back'), _connector='OR')), _connector='OR'), name='staffchange_four_eyes'),
        ),
    ]
