"""After a test that commits, the session with PostgreSQL goes on as a new one."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

from tools.sandbox.pytest_plugins.kept_sessions import is_as_new

pytestmark = pytest.mark.django_db(transaction=True)


def value_of(query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def session() -> int:
    return int(value_of("SELECT pg_backend_pid()"))


def test_nothing_remains_of_what_a_test_has_set() -> None:
    before, limit = session(), value_of("SHOW statement_timeout")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE kept (number integer); LISTEN kept")
        cursor.execute("SELECT pg_advisory_lock(7)")
        cursor.execute("DECLARE kept CURSOR WITH HOLD FOR SELECT 1")
        cursor.execute("SET statement_timeout = '7s'; SET default_transaction_read_only = on")
    with pytest.raises(DatabaseError):
        value_of("SELECT * FROM nowhere")

    assert is_as_new(connection)

    assert session() == before
    assert [value_of(f"SHOW {name}") for name in ("statement_timeout", "default_transaction_read_only")] == [limit, "off"]
    assert value_of("SELECT to_regclass('kept') IS NULL")
    assert value_of("SELECT count(*) FROM pg_listening_channels()") == 0
    assert value_of("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()") == 0
    assert value_of("SELECT count(*) FROM pg_cursors WHERE name = 'kept'") == 0
    assert not connection.errors_occurred


def test_statements_stay_prepared() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PREPARE of_a_test AS SELECT 7")

    assert is_as_new(connection)

    assert value_of("EXECUTE of_a_test") == 7
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE of_a_test")


def test_a_session_in_a_transaction_is_ended() -> None:
    with transaction.atomic():
        assert not is_as_new(connection)


def test_a_session_in_another_state_than_the_settings_say_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    session()
    monkeypatch.setitem(connection.settings_dict, "NAME", "another")
    assert not is_as_new(connection)
    monkeypatch.undo()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", "-c lock_timeout=2s")
    assert not is_as_new(connection)
    monkeypatch.undo()
    monkeypatch.setattr(connection.connection, "cursor_factory", psycopg.Cursor)
    assert not is_as_new(connection)
    monkeypatch.undo()
    connection.connection.autocommit = False
    assert not is_as_new(connection)
    connection.connection.autocommit = True
    assert is_as_new(connection)


def test_a_session_that_the_server_has_ended_is_no_longer_kept(raw_sql: psycopg.Connection[Any]) -> None:
    raw_sql.execute("SELECT pg_terminate_backend(%s)", [session()])

    assert not is_as_new(connection)
    connection.close()


def test_django_asks_after_each_test_that_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    before, test = session(), TransactionTestCase("__init__")

    test._post_teardown()  # type: ignore[attr-defined]

    assert connection.connection is not None
    assert session() == before
    monkeypatch.setitem(connection.settings_dict, "NAME", "another")
    assert test._should_reload_connections()  # type: ignore[attr-defined]
