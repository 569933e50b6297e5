"""Nobody gets a right by SQL: rights change in the transaction in which two administrators approve it, and nowhere else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from core import staff_changes
from core.models import StaffAct, StaffChange, User
from tests import make
from tests.make import NOON
from tools.sandbox.postgres import RUNTIME_ROLE

REFUSED = {
    "a role": "INSERT INTO core_user_groups (user_id, group_id) VALUES (%(eva)s, %(approver)s)",
    "a role of another": "UPDATE core_user_groups SET user_id = %(eva)s WHERE user_id = %(ann)s",
    "another role": "UPDATE core_user_groups SET group_id = %(approver)s WHERE user_id = %(eva)s",
    "a role taken": "DELETE FROM core_user_groups WHERE user_id = %(ann)s",
    "a superuser": "UPDATE core_user SET is_superuser = TRUE WHERE id = %(eva)s",
    "access": "UPDATE core_user SET is_staff = TRUE WHERE id = %(outsider)s",
    "a closed account opened": "UPDATE core_user SET is_active = TRUE WHERE id = %(closed)s",
    "a language": "UPDATE core_user SET locales = '{*}' WHERE id = %(eva)s",
    "a country": "UPDATE core_user SET content_countries = '{FR,GB}' WHERE id = %(eva)s",
    "a change by a lead of rights beyond theirs": (
        "UPDATE core_staffchange SET approved_by_id = %(lead)s, approved_at = now() WHERE id = %(waiting)s"
    ),
    "rights withdrawn by somebody who is no lead": (
        "INSERT INTO core_staffchange (act, account_id, username, roles, locales, proposed_by_id, proposed_at, email, reason) "
        "VALUES ('take-back', %(eva)s, 'eva', '{}', '{}', %(ann)s, now(), '', ''); "
        "UPDATE core_staffchange SET approved_by_id = %(ann)s, approved_at = now() WHERE act = 'take-back'"
    ),
    "a name": "UPDATE core_user SET username = 'mallory' WHERE id = %(eva)s",
    "an address for links": "UPDATE core_user SET email = 'mallory@example.org' WHERE id = %(eva)s",
    "a pause ended": "UPDATE core_user SET credentials_changed_at = NULL WHERE id = %(paused)s",
    "a pause shortened": "UPDATE core_user SET credentials_changed_at = now() - interval '2 days' WHERE id = %(paused)s",
    "an account that counts as new": "UPDATE core_user SET date_joined = now() WHERE id = %(paused)s",
    "an ended session": "UPDATE core_user SET session_epoch = 0 WHERE id = %(ann)s",
    "the last administrators": "UPDATE core_user SET is_active = FALSE WHERE id = %(ann)s",
    "the last administrators, by access": "UPDATE core_user SET is_staff = FALSE WHERE id = %(ben)s",
    "an account deleted": "DELETE FROM core_user WHERE id = %(outsider)s",
    "a new account with access": (
        "INSERT INTO core_user (username, password, is_staff, is_superuser, is_active, first_name, last_name, email, locales, "
        "date_joined) VALUES ('mallory', '', TRUE, FALSE, TRUE, '', '', '', '{}', now())"
    ),
    "a permission of a role": "INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (%(assurer)s, 1)",
    "a permission of one's own": "INSERT INTO core_user_user_permissions (user_id, permission_id) VALUES (%(eva)s, 1)",
    "a new role": "INSERT INTO auth_group (name) VALUES ('everything')",
    "a decided change used again": "UPDATE core_staffchange SET approved_in = pg_current_xact_id()::text::bigint",
    "a change of another account": "UPDATE core_staffchange SET account_id = %(eva)s WHERE id = %(waiting)s",
}


@pytest.fixture
def people(transactional_db: None) -> dict[str, Any]:
    """Make two administrators, others, and a change that waits."""
    ann, ben = make.person("ann", "administrator"), make.person("ben", "administrator")
    User.objects.filter(pk=ann.pk).update(session_epoch=3)
    outsider = User.objects.create_user("outsider", password=None)
    closed = make.person("closed", "publisher")
    User.objects.filter(pk=closed.pk).update(is_active=False)
    paused = make.person("paused", "campaign-approver", "publisher")
    User.objects.filter(pk=paused.pk).update(credentials_changed_at=timezone.now())
    closed.refresh_from_db()
    decided = staff_changes.propose(closed, StaffAct.REOPEN, by=ann, at=NOON)
    staff_changes.approve(decided, by=ben, at=NOON)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    waiting = staff_changes.propose(make.person("zoe"), StaffAct.CHANGE, given=["publisher"], by=ann, at=NOON)
    return {
        "ann": ann.pk,
        "ben": ben.pk,
        "eva": make.person("eva", "assurer", locales=("cy",)).pk,
        "lead": make.person("lead", "localisation-lead", "assurer", locales=("cy",)).pk,
        "outsider": outsider.pk,
        "closed": closed.pk,
        "paused": paused.pk,
        "waiting": waiting.pk,
        "zoe": waiting.account_id,
        "approver": Group.objects.get(name="campaign-approver").pk,
        "publisher": Group.objects.get(name="publisher").pk,
        "assurer": Group.objects.get(name="assurer").pk,
    }


def test_no_statement_gives_a_right_or_takes_the_last_administrators(
    people: dict[str, Any], raw_sql: psycopg.Connection[Any]
) -> None:
    passed = [name for name, statement in REFUSED.items() if not _is_refused(raw_sql, statement, people)]

    assert passed == []


def test_an_approval_gives_the_roles_that_it_names_and_no_other(people: dict[str, Any], raw_sql: psycopg.Connection[Any]) -> None:
    give = "INSERT INTO core_user_groups (user_id, group_id) VALUES ({}, {})"
    approve = "UPDATE core_staffchange SET approved_by_id = %(ben)s, approved_at = now() WHERE id = %(waiting)s"

    for user, role in (("%(zoe)s", "%(approver)s"), ("%(eva)s", "%(publisher)s")):
        assert _is_refused(raw_sql, f"{approve}; {give.format(user, role)}", people)
    with raw_sql.transaction():
        raw_sql.execute(approve, people)
        raw_sql.execute(give.format("%(zoe)s", "%(publisher)s"), people)
    with pytest.raises(psycopg.errors.CheckViolation):
        raw_sql.execute(give.format("%(zoe)s", "%(assurer)s"), people)

    assert User.objects.get(username="zoe").has_perm("content.publish_release")


def test_the_running_product_carries_every_change_of_an_account_out(people: dict[str, Any], raw_sql: object) -> None:
    ann, ben = User.objects.get(pk=people["ann"]), User.objects.get(pk=people["ben"])
    as_runtime = connection.cursor()
    as_runtime.execute(f"SET ROLE {RUNTIME_ROLE}")
    try:
        invited = staff_changes.propose_invitation("new", "new@example.org", given=["publisher"], locales=["en"], by=ann, at=NOON)
        new = staff_changes.approve(invited, by=ben, at=NOON)
        changed = staff_changes.propose(new, StaffAct.CHANGE, given=["assurer"], locales=["cy"], by=ann, at=NOON)
        staff_changes.approve(changed, by=ben, at=NOON)
        staff_changes.approve(staff_changes.propose(new, StaffAct.RESET, by=ann, at=NOON), by=ben, at=NOON)
        staff_changes.close(new, by=ann, at=NOON, reason="left")
        new.refresh_from_db()
        staff_changes.approve(staff_changes.propose(new, StaffAct.REOPEN, by=ann, at=NOON), by=ben, at=NOON)
    finally:
        as_runtime.execute("RESET ROLE")

    new = User.objects.get(username="new")
    assert (new.is_active, new.is_staff, new.locales) == (True, True, ["cy"])
    assert [group.name for group in new.groups.all()] == ["assurer"]
    assert StaffChange.objects.filter(account=new, approved_in=None).count() == 0


def test_staff_are_added_by_command_until_there_are_two_administrators(raw_sql: psycopg.Connection[Any]) -> None:
    add = (
        "INSERT INTO core_user (username, password, is_staff, is_superuser, is_active, first_name, last_name, email, locales, "
        "date_joined) VALUES (%s, '', TRUE, FALSE, TRUE, '', '', '', '{}', now()) RETURNING id"
    )
    role = "INSERT INTO core_user_groups (user_id, group_id) SELECT %s, id FROM auth_group WHERE name = 'administrator'"

    for name in ("first", "second"):
        row = raw_sql.execute(add, [name]).fetchone()
        assert row
        raw_sql.execute(role, row)

    with pytest.raises(psycopg.errors.CheckViolation):
        raw_sql.execute(add, ["third"])


def test_a_changed_credential_pauses_approvals_in_the_database(raw_sql: psycopg.Connection[Any]) -> None:
    make.small_content()
    campaign = make.campaign(state="submitted")
    release = make.release(publish=False)
    paused = make.person("paused", "campaign-approver", "publisher").pk
    raw_sql.execute(
        "INSERT INTO notifications_secondreading (campaign_id, locale, words, meaning, by_id, at) "
        "SELECT id, 'en', '{}', '', %s, now() FROM notifications_campaign",
        [paused],
    )
    statements = {
        "campaign": "UPDATE notifications_campaign SET state = 'approved', approved_by_id = %(paused)s, approved_at = now()",
        "first approval": (
            "INSERT INTO notifications_firstapproval (campaign_id, fingerprint, reason, by_id, at) "
            "VALUES (%(campaign)s, 'x', 'x', %(paused)s, now())"
        ),
        "release": (
            "UPDATE content_release SET state = 'published', published_by_id = %(paused)s, published_at = now() "
            "WHERE number = %(release)s"
        ),
    }
    values = {"paused": paused, "campaign": campaign.pk, "release": release.pk}

    for age, refused in ((timedelta(hours=23), True), (timedelta(hours=25), False)):
        User.objects.filter(pk=paused).update(credentials_changed_at=timezone.now() - age)
        for name, statement in statements.items():
            assert _is_refused(raw_sql, statement, values, keep=False) is refused, (name, age)


def _is_refused(role: psycopg.Connection[Any], statement: str, values: dict[str, Any], *, keep: bool = True) -> bool:
    try:
        with role.transaction(force_rollback=not keep):
            changed = psycopg.ClientCursor(role).execute(statement, values).rowcount
    except (psycopg.errors.CheckViolation, psycopg.errors.InsufficientPrivilege, psycopg.errors.RaiseException):
        return True
    assert changed, f"the statement changes nothing: {statement}"
    return False
