"""Rows that were made once are inserted as the functions of the product made them."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from content.models import Unit
from core.models import AuditEntry, AuditLink, User
from tests import made_once, make

pytestmark = pytest.mark.django_db


def everything() -> dict[str, Any]:
    # In no order of its own: rows take the room of earlier ones.
    return {table: sorted(made_once._rows(table)) for table in made_once._tables() if made_once._rows(table)}


def test_what_is_inserted_is_what_was_made() -> None:
    made: list[dict[str, Any]] = []

    def build() -> None:
        make.world()
        make.service()
        make.unit("tip.first-hour.title", "Stop and breathe", owner="tip:first-hour", approved=True)
        made.append(everything())

    builder = made_once.made_once(build)
    for _ in range(2):
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            builder()
            assert everything() == made[0]
            transaction.set_rollback(True)

    assert len(made) == 1
    assert len(queries) < 400


def test_rows_are_kept_as_made_under_the_usual_settings_and_not_with_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers: list[str] = []

    def build() -> None:
        make.world()
        numbers.append(make.person(f"reader-{settings.SERVE_UNREVIEWED}".lower()).username)

    builder = made_once.made_once(build)

    def run(**changed: Any) -> list[str]:
        """Build in a test with these settings; return who is there afterwards."""
        with override_settings(**changed) if changed else nullcontext(), transaction.atomic():
            builder()
            found = list(User.objects.filter(username__startswith="reader").values_list("username", flat=True))
            assert settings.SERVE_UNREVIEWED is changed.get("SERVE_UNREVIEWED", True)
            transaction.set_rollback(True)
        return found

    with monkeypatch.context() as patches:
        patches.setattr(make, "world", make.world)
        made_once.begin_test({"monkeypatch": patches})
        assert run(SERVE_UNREVIEWED=False) == ["reader-false"]
    made_once.begin_test({"monkeypatch": monkeypatch})
    for changed in ({"SERVE_UNREVIEWED": False}, {}, {"SERVE_UNREVIEWED": False}):
        assert run(**changed) == ["reader-true"]
    assert numbers == ["reader-false", "reader-true"]


@pytest.mark.django_db(transaction=True)
def test_each_session_plans_the_statements_for_itself() -> None:
    built: list[None] = []

    def build() -> None:
        make.person("reader")
        built.append(None)

    builder = made_once.made_once(build)

    for _ in range(3):
        with transaction.atomic():
            builder()
            assert User.objects.filter(username="reader").count() == 1
            transaction.set_rollback(True)
        connection.close()
    assert len(built) == 1


def test_nothing_is_kept_while_a_test_has_locked_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_once, "_LOCK_TIMEOUT", 10)
    made_once.begin_test({})
    built: list[None] = []

    @made_once.made_once
    def build() -> None:
        make.world()
        built.append(None)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE content_locale IN ACCESS EXCLUSIVE MODE")
        build()
        assert len(built) == 2
        transaction.set_rollback(True)
    for _ in range(2):
        with transaction.atomic():
            build()
            transaction.set_rollback(True)
    assert len(built) == 3


def test_roles_are_kept_by_their_names() -> None:
    made_once.begin_test({})

    @made_once.made_once
    def build() -> None:
        make.person("ann", "publisher")

    with transaction.atomic():
        build()
        transaction.set_rollback(True)
    group = Group.objects.get(name="publisher")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DELETE FROM auth_group_permissions WHERE group_id = %s", [group.pk])
        cursor.execute("UPDATE auth_group SET id = id + 1000 WHERE id = %s", [group.pk])

    build()

    assert [one.pk for one in User.objects.get(username="ann").groups.all()] == [group.pk + 1000]


def test_later_rows_get_other_ids_and_triggers_hold() -> None:
    make.small_content()
    unit = Unit.objects.get(key="tip.first-hour.title")
    later = make.unit("tip.first-hour.more", "Breathe.", owner="tip:first-hour")

    assert later.pk > Unit.objects.exclude(pk=later.pk).order_by("-pk").values_list("pk", flat=True)[0]
    with pytest.raises(DatabaseError), transaction.atomic():
        Unit.objects.filter(pk=unit.pk).update(state="approved")
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_the_rows_are_made_in_full_where_a_test_has_some_of_them() -> None:
    make.world()
    make.person("checker", "assurer", "localisation-reviewer", "publisher")

    make.small_content()

    assert User.objects.filter(username="checker").count() == 1
    assert Unit.objects.filter(key="tip.first-hour.title").exists()


@pytest.mark.django_db(transaction=True)
def test_the_audit_log_is_chained_at_the_commit() -> None:
    for number in range(2):
        with transaction.atomic():
            make.small_content()
        assert AuditEntry.objects.exists()
        assert AuditLink.objects.count() == AuditEntry.objects.count()
        if number == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET session_replication_role = replica")
                for table in everything():
                    cursor.execute(f'DELETE FROM "{table}"')
                cursor.execute("SET session_replication_role = origin")


@pytest.mark.django_db(transaction=True)
def test_two_sessions_may_take_turns_as_inside_and_outside_of_an_event_loop() -> None:
    """Django has a connection of its own for each; Playwright runs a loop in the thread of the test."""

    @made_once.made_once
    def build() -> None:
        make.person("reader")

    connection.ensure_connection()
    usual, second = connection.connection, connection.copy()
    second.ensure_connection()
    try:
        for session in (usual, second.connection, usual, second.connection):
            connection.connection = session
            with transaction.atomic():
                build()
                assert User.objects.filter(username="reader").count() == 1
                transaction.set_rollback(True)
    finally:
        connection.connection = usual
        second.close()
