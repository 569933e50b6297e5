"""After a test that commits, the database is as a flush leaves it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection

from core.models import AuditEntry
from tests import make
from tools.sandbox.pytest_plugins import quick_flush
from tools.sandbox.pytest_plugins.quick_flush import Emptying

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, Any]:
    with connection.cursor() as cursor:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        tables = [name for name, _ in quick_flush._tables(cursor, names)]
        return quick_flush._digests(cursor, tables)


@pytest.fixture
def emptying() -> Emptying:
    """Return one that knows the database as a flush leaves it."""
    # Sequences go on, as in every flush of these tests: rows that are made once keep their numbers (tests/made_once.py).
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
    made = Emptying()
    made.remember(connection)
    return made


def test_what_a_test_has_written_is_deleted_with_its_history(emptying: Emptying) -> None:
    before = rows()
    make.small_content()
    make.release()
    make.app()
    make.installations(30)
    make.campaign()
    assert AuditEntry.objects.exists()

    assert emptying.delete_rows(connection)

    assert rows() == before
    assert Group.objects.exists()


def test_the_usual_flush_is_wanted_where_roles_have_changed(emptying: Emptying) -> None:
    group = Group.objects.order_by("pk").first()
    assert group is not None
    group.permissions.clear()

    assert not emptying.delete_rows(connection)


def test_tables_in_which_much_was_written_are_truncated(emptying: Emptying, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows()
    make.small_content()
    make.campaign()
    monkeypatch.setattr(quick_flush, "_LARGE", 1)

    assert emptying.delete_rows(connection)

    assert rows() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('notifications_campaign'), pg_relation_size('auth_group') > 0")
        assert cursor.fetchone() == (0, True)


def test_the_usual_flush_is_wanted_where_a_table_is_gone(emptying: Emptying) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry RENAME TO elsewhere")
    try:
        assert not emptying.delete_rows(connection)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO core_auditentry")


def test_nothing_is_deleted_before_the_first_flush() -> None:
    assert not Emptying().delete_rows(connection)


def test_triggers_work_again_afterwards(emptying: Emptying) -> None:
    emptying.delete_rows(connection)

    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
