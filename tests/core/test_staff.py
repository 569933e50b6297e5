"""Roles give permissions, tokens belong to one person, and the staff command reports what it did."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import roles, tokens
from core.audit_verbs import Verb
from core.errors import Forbidden, Invalid
from core.models import AuditEntry, UsedToken, User
from tests import make

pytestmark = pytest.mark.django_db


def run(*args: str) -> dict[str, Any]:
    out = StringIO()
    call_command("staff", *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_adding_a_person_gives_the_role_and_prints_the_password_once() -> None:
    answer = run("add", "olwen", "--role", "publisher", "--locale", "cy")

    olwen = User.objects.get(username="olwen")
    assert olwen.check_password(answer["password"])
    assert olwen.has_perm("content.publish_release")
    assert not olwen.has_perm("notifications.approve_campaign")
    assert olwen.reads("cy")
    assert not olwen.reads("ar")
    assert AuditEntry.objects.filter(verb=Verb.STAFF_ADDED, row=str(olwen.pk)).exists()
    assert answer["password"] not in json.dumps(list(AuditEntry.objects.values_list("details", flat=True)))


def test_adding_the_same_name_twice_is_refused_in_a_sentence() -> None:
    run("add", "olwen", "--role", "publisher")

    with pytest.raises(CommandError, match="already a member of staff"):
        run("add", "olwen", "--role", "assurer")


def test_require_names_the_role_that_is_missing() -> None:
    outsider = make.person("mallory")

    with pytest.raises(Forbidden, match="publisher"):
        roles.require(outsider, "content.publish_release")


def test_an_inactive_person_may_do_nothing() -> None:
    leaver = make.person("leaver", "publisher")
    leaver.is_active = False

    with pytest.raises(Forbidden):
        roles.require(leaver, "content.publish_release")


def test_an_unknown_role_is_refused_with_the_list_of_roles() -> None:
    with pytest.raises(Invalid, match="campaign-approver"):
        roles.give(make.person("nia"), "chief")


def test_sync_removes_a_permission_that_the_table_does_not_give() -> None:
    nia = make.person("nia", "publisher")
    nia.groups.get().permissions.add(*Permission.objects.filter(codename="approve_campaign"))

    roles.sync()

    assert not User.objects.get(pk=nia.pk).has_perm("notifications.approve_campaign")


def test_a_token_works_for_its_person_only_and_ends_with_the_password() -> None:
    ann, ben = make.person("ann"), make.person("ben")
    token = tokens.issue(ann)

    with pytest.raises(tokens.BadToken):
        tokens.use(token, ben)
    ann.set_password("another long password")
    with pytest.raises(tokens.BadToken):
        tokens.use(token, ann)


def test_a_token_expires_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    ann = make.person("ann")
    token = tokens.issue(ann)
    later = time.time() + tokens.TOKEN_SECONDS + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)

    with pytest.raises(tokens.BadToken):
        tokens.use(token, ann)


def test_a_token_works_once_and_a_rolled_back_use_leaves_it_unused() -> None:
    ann = make.person("ann")
    token = tokens.issue(ann)

    with transaction.atomic():
        tokens.use(token, ann)
        transaction.set_rollback(True)
    tokens.use(token, ann)
    with pytest.raises(tokens.BadToken):
        tokens.use(token, ann)


def test_used_tokens_are_forgotten_once_they_have_expired() -> None:
    ann = make.person("ann")
    UsedToken.objects.create(digest="0" * 64, expires_at=timezone.now() - timedelta(seconds=1))

    tokens.use(tokens.issue(ann), ann)

    assert UsedToken.objects.count() == 1


@pytest.mark.parametrize("change", [{"is_active": True}, {"is_staff": True}, {"is_superuser": True}, {"password": "md5$x$y"}])
def test_the_database_keeps_the_account_of_the_product_closed(change: dict[str, object]) -> None:
    system = User.objects.system()

    with pytest.raises(IntegrityError, match="user_system_cannot_sign_in"), transaction.atomic():
        User.objects.filter(pk=system.pk).update(**change)
    User.objects.filter(pk=system.pk).update(username="renamed")
    other = make.person("other")
    with pytest.raises(IntegrityError, match="user_system_cannot_sign_in"), transaction.atomic():
        User.objects.filter(pk=other.pk).update(username="fingerpost-system")


def test_the_account_of_the_product_acts_by_no_command() -> None:
    User.objects.system()

    with pytest.raises(CommandError, match="no member of staff"):
        call_command("release", "compile", "--by", "fingerpost-system")


@pytest.mark.parametrize("password", ["a", "password1234", "margaret-jones1"])
def test_a_weak_first_password_is_refused(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda: password)

    with pytest.raises(CommandError, match="password"):
        run("add", "margaret-jones", "--role", "publisher", "--password-stdin")

    assert not User.objects.filter(username="margaret-jones").exists()


def test_a_name_that_no_account_may_have_is_refused() -> None:
    with pytest.raises(CommandError, match="valid username"):
        run("add", "olwen parry", "--role", "publisher")


def test_accounts_are_listed_with_roles_and_factors() -> None:
    make.person("olwen", "publisher", "assurer")
    make.person("nia")

    rows = {row["name"]: row for row in run("list")["staff"]}

    assert rows["olwen"]["roles"] == ["assurer", "publisher"]
    assert rows["nia"] == {"name": "nia", "open": True, "roles": [], "second_factor": False, "last_sign_in": None}
    assert run("roles", "olwen")["roles"] == ["assurer", "publisher"]
    with pytest.raises(CommandError, match="no member of staff called eva"):
        run("roles", "eva")


def test_a_new_password_is_printed_once_and_on_record() -> None:
    make.person("olwen", "publisher")

    answer = run("password", "olwen")

    assert User.objects.get(username="olwen").check_password(answer["password"])
    entry = AuditEntry.objects.get(verb=Verb.CREDENTIAL_CHANGED)
    assert entry.details["change"] == "password"
    assert answer["password"] not in json.dumps(entry.details)


def test_an_administrator_closes_an_account_and_two_are_left() -> None:
    for name in ("ann", "ben", "cora"):
        make.person(name, "administrator")
    make.person("olwen", "publisher")

    run("disable", "olwen", "--by", "ann", "--reason", "Left us.")
    run("disable", "cora", "--by", "ann", "--reason", "Left us.")

    assert not User.objects.get(username="olwen").is_active
    with pytest.raises(CommandError):
        run("disable", "ben", "--by", "ann", "--reason", "Left us.")
    with pytest.raises(CommandError, match="administrator"):
        run("disable", "ben", "--by", "olwen", "--reason", "Left us.")
