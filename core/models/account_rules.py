"""The rules of accounts and their rights that the database enforces on the role of the running product.

The owner of the tables is exempt, because it could drop a trigger anyway: migrations, the setup of the sandbox and its tests run
as the owner. So is `staff add` until there are two administrators, who approve each other's proposals from then on.
"""

from __future__ import annotations

import pgtrigger

#: How long a changed password or factor keeps an account from approving, as an interval of PostgreSQL.
APPROVAL_PAUSE_SQL = "interval '24 hours'"

#: SQL of a trigger: whether the owner of its table acts.
OWNER = "pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER')"


#: The role of leads, and the roles that a lead may give and take away, each within the lead's own languages and countries.
LEAD = "localisation-lead"
HANDED_OUT = ("localisation-editor", "localisation-reviewer", "assurer")
#: The roles whose rights depend on languages or countries: a new language of an account extends each of its roles among these.
BOUND_ROLES = (*HANDED_OUT, "campaign-approver")


def _held(roles: str, row: str) -> str:
    """Return SQL for whether `row` has a role in a language and a country; everybody has the language and the country ''."""
    return f"""(right_role = ANY({roles})
                AND (right_locale = '' OR right_locale = ANY({row}.locales) OR '*' = ANY({row}.locales))
                AND (right_country = '' OR right_country = ANY({row}.content_countries) OR '*' = ANY({row}.content_countries)))"""


def _array(values: tuple[str, ...]) -> str:
    return f"ARRAY[{', '.join(repr(value) for value in values)}]"


#: SQL of a trigger on changes of accounts: whether `person` is a lead who has each right that NEW gives to `account`, or takes
#: from it. A right is a role in a language and a country: a new language of an account also gives its roles in that language, and
#: the lead must have each of them.
WITHIN_RIGHTS_OF_PERSON = f"""(
            {LEAD!r} = ANY(person.roles) AND NEW.act IN ('change', 'take-back') AND person.id <> account.id
            AND (NEW.campaign_apps, NEW.campaign_countries)
                IS NOT DISTINCT FROM (account.campaign_apps, account.campaign_countries)
            AND NOT EXISTS (
                SELECT FROM unnest(NEW.roles::text[] || held) AS changed_role
                WHERE (changed_role = ANY(NEW.roles)) <> (changed_role = ANY(held)) AND changed_role <> ALL({_array(HANDED_OUT)})
            )
            AND NOT EXISTS (
                SELECT FROM unnest({_array(BOUND_ROLES)}) AS right_role,
                    unnest(NEW.locales::text[] || account.locales::text[] || ARRAY['']) AS right_locale,
                    unnest(NEW.content_countries::text[] || account.content_countries::text[] || ARRAY['']) AS right_country
                WHERE {_held("NEW.roles", "NEW")} <> {_held("held", "account")} AND NOT {_held("person.roles", "person")}
            )
        )"""  # noqa: S608  (constants)


def _few_administrators(account: str) -> str:
    return f"""(
        SELECT count(*) < 2 FROM core_user_groups member
        JOIN auth_group role ON role.id = member.group_id JOIN core_user person ON person.id = member.user_id
        WHERE role.name = 'administrator' AND person.is_active AND person.is_staff AND person.id <> {account}
    )"""  # noqa: S608  (constants)


def _approved_now(account: str) -> str:
    """Return the statement that finds the change of the account that this transaction has approved."""
    return f"""
        SELECT act, roles, locales, campaign_apps, campaign_countries, content_countries INTO approved FROM core_staffchange
        WHERE account_id = {account} AND approved_in = pg_current_xact_id()::text::bigint ORDER BY id DESC LIMIT 1;
    """  # noqa: S608  (constants)


def _given(row: str) -> str:
    return f"({row}.locales, {row}.campaign_apps, {row}.campaign_countries, {row}.content_countries)"


def _refuse(sentence: str) -> str:
    return f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'check_violation';"


#: An account gets and regains rights by a change that two administrators have approved in the same transaction.
ACCOUNT_BY_CHANGE = pgtrigger.Trigger(
    name="account_by_change",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    declare=[("approved", "RECORD")],
    func=f"""
        IF {OWNER} THEN
            RETURN coalesce(NEW, OLD);
        END IF;
        IF TG_OP = 'DELETE' THEN
            {_refuse("an account is closed and never deleted")}
        END IF;
        IF TG_OP = 'INSERT' THEN
            IF NEW.is_superuser OR NEW.is_staff AND NOT {_few_administrators("NEW.id")} THEN
                {_refuse("an account gets access by a change that two administrators approve")}
            END IF;
            RETURN NEW;
        END IF;
        IF (NEW.username, NEW.email, NEW.date_joined) IS DISTINCT FROM (OLD.username, OLD.email, OLD.date_joined) THEN
            {_refuse("the name and the address of an account stay as they are")}
        END IF;
        IF NEW.session_epoch < OLD.session_epoch OR OLD.credentials_changed_at IS NOT NULL
            AND (NEW.credentials_changed_at IS NULL OR NEW.credentials_changed_at < OLD.credentials_changed_at) THEN
            {_refuse("a pause of approvals and an ended session stay as they are")}
        END IF;
        IF OLD.is_active AND OLD.is_staff AND NOT (NEW.is_active AND NEW.is_staff) AND {_few_administrators("OLD.id")}
            AND EXISTS (SELECT 1 FROM core_user_groups member JOIN auth_group role ON role.id = member.group_id
                WHERE member.user_id = OLD.id AND role.name = 'administrator') THEN
            {_refuse("two administrators are always left")}
        END IF;
        {_approved_now("NEW.id")}
        IF NEW.is_superuser AND NOT OLD.is_superuser
            OR NEW.is_staff AND NOT OLD.is_staff AND approved.act IS DISTINCT FROM 'invite'
            OR NEW.is_active AND NOT OLD.is_active AND approved.act IS DISTINCT FROM 'reopen'
            OR {_given("NEW")} IS DISTINCT FROM {_given("OLD")}
                AND (coalesce(approved.act, '') NOT IN ('invite', 'change', 'take-back')
                    OR {_given("NEW")} IS DISTINCT FROM {_given("approved")})
        THEN
            {_refuse("rights change by a change that two administrators approve")}
        END IF;
        RETURN NEW;
    """,  # noqa: S608  (constants)
)

#: The same of the roles of an account.
ROLE_BY_CHANGE = pgtrigger.Trigger(
    name="role_by_change",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    declare=[("approved", "RECORD"), ("account", "BIGINT"), ("given", "TEXT")],
    func=f"""
        IF {OWNER} THEN
            RETURN coalesce(NEW, OLD);
        END IF;
        account := coalesce(NEW.user_id, OLD.user_id);
        SELECT name INTO given FROM auth_group WHERE id = coalesce(NEW.group_id, OLD.group_id);
        {_approved_now("account")}
        IF TG_OP = 'UPDATE'
            OR TG_OP = 'INSERT' AND NOT coalesce(approved.act IN ('invite', 'change') AND given = ANY(approved.roles), FALSE)
                AND NOT {_few_administrators("account")}
            OR TG_OP = 'DELETE' AND (coalesce(approved.act, '') NOT IN ('change', 'take-back') OR given = ANY(approved.roles))
        THEN
            {_refuse("roles change by a change that two administrators approve")}
        END IF;
        RETURN coalesce(NEW, OLD);
    """,  # noqa: S608  (constants)
)


def not_paused(
    name: str, *, column: str, when: str = "TRUE", operation: pgtrigger.Operation = pgtrigger.Update
) -> pgtrigger.Trigger:
    """Return a trigger that refuses an approval by a person whose password or factors changed within the last 24 hours.

    `column` holds the id of the person who approves, and `when` is SQL over NEW and OLD that says that the row is approved.
    """
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=operation,
        func=f"""
            IF {when} AND EXISTS (SELECT 1 FROM core_user person
                WHERE person.id = NEW.{column} AND person.credentials_changed_at > clock_timestamp() - {APPROVAL_PAUSE_SQL}) THEN
                {_refuse("an account whose password or factor changed within 24 hours approves nothing")}
            END IF;
            RETURN NEW;
        """,  # noqa: S608  (constants)
    )
