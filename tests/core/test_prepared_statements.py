"""Statements whose plans PostgreSQL keeps: executed as prepared ones, and as plain ones where a session does not keep them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import prepared_statements
from core.prepared_statements import PreparedStatement

pytestmark = pytest.mark.django_db(transaction=True)

DOUBLE = PreparedStatement("SELECT %(number)s * 2, %(word)s || ' 100%%'", number="integer", word="text")


@pytest.fixture(autouse=True)
def keeping() -> Iterator[None]:
    """Let each test begin as a new process does, with a new session."""
    connection.close()
    yield
    PreparedStatement._only_plain = False


@pytest.fixture
def numbers() -> Iterator[None]:
    """A table with an index, without rows."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE prepared_numbers (number integer PRIMARY KEY, other integer)")
        yield
        cursor.execute("DROP TABLE prepared_numbers")


def run(statement: PreparedStatement, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        statement.execute(cursor, parameters)
        return list(cursor.fetchall())


def executed(captured: CaptureQueriesContext) -> list[str]:
    """Return the first word of each statement, by message."""
    messages = [query["sql"].split("; ") for query in captured.captured_queries]
    return [" ".join(statement.split()[0] for statement in message) for message in messages]


def test_a_statement_is_prepared_once_in_a_session() -> None:
    with CaptureQueriesContext(connection) as captured:
        results = [run(DOUBLE, number=number, word="it's") for number in (1, 2, 3)]

    assert results == [[(2, "it's 100%")], [(4, "it's 100%")], [(6, "it's 100%")]]
    assert executed(captured) == ["PREPARE EXECUTE", "EXECUTE", "EXECUTE"]


def test_a_new_connection_prepares_it_again() -> None:
    run(DOUBLE, number=1, word="a")
    connection.close()

    with CaptureQueriesContext(connection) as captured:
        result = run(DOUBLE, number=2, word="a")

    assert result == [(4, "a 100%")]
    assert executed(captured) == ["PREPARE EXECUTE"]


def test_within_a_transaction_the_plain_statement_is_executed() -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        result = run(DOUBLE, number=4, word="b")

    assert result == [(8, "b 100%")]
    assert executed(captured) == ["SELECT"]


def test_behind_a_pooler_that_changes_the_session_the_result_is_the_same() -> None:
    run(DOUBLE, number=1, word="a")
    with connection.cursor() as cursor:
        # As if the next transaction were given another session.
        cursor.execute("DEALLOCATE ALL")

    with CaptureQueriesContext(connection) as captured:
        results = [run(DOUBLE, number=number, word="c") for number in (5, 6)]

    assert results == [[(10, "c 100%")], [(12, "c 100%")]]
    # Tried once; the errors in the log of PostgreSQL do not go on.
    assert executed(captured) == ["EXECUTE", "SELECT", "SELECT"]


def test_a_session_in_which_another_client_prepared_it_gives_the_same_result() -> None:
    run(DOUBLE, number=1, word="a")
    prepared_statements._session.prepared = frozenset()

    with CaptureQueriesContext(connection) as captured:
        results = [run(DOUBLE, number=number, word="d") for number in (7, 8)]

    assert results == [[(14, "d 100%")], [(16, "d 100%")]]
    assert executed(captured) == ["PREPARE EXECUTE", "SELECT", "EXECUTE"]


def test_a_first_execution_that_fails_costs_no_later_one_its_plan() -> None:
    quotient = PreparedStatement("SELECT 6 / %(by)s", by="integer")
    with pytest.raises(DataError, match="division by zero"):
        run(quotient, by=0)

    with CaptureQueriesContext(connection) as captured:
        results = [run(quotient, by=by) for by in (1, 2)]

    assert results == [[(6,)], [(3,)]]
    assert executed(captured) == ["PREPARE EXECUTE", "SELECT", "EXECUTE"]


def test_a_migration_of_a_column_while_a_worker_runs_is_no_error(numbers: None) -> None:
    rows = PreparedStatement("SELECT * FROM prepared_numbers WHERE number < %(below)s", below="integer")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO prepared_numbers VALUES (1, 2)")
    assert run(rows, below=5) == [(1, 2)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE prepared_numbers ALTER other TYPE text")

    assert run(rows, below=5) == [(1, "2")]


def test_a_plan_for_an_empty_table_is_not_used_for_a_full_one(numbers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = PreparedStatement("SELECT * FROM prepared_numbers WHERE number = %(number)s", number="integer")

    def plan() -> str:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN EXECUTE {rows.name} (1)")
            return str(cursor.fetchall()[0][0])

    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        try:
            run(rows, number=1)
            empty = plan()
            cursor.execute("INSERT INTO prepared_numbers SELECT n, n FROM generate_series(1, 50000) n")
            kept = plan()
            monkeypatch.setattr(prepared_statements, "PLAN_SECONDS", 0.0)
            with CaptureQueriesContext(connection) as captured:
                assert run(rows, number=9) == [(9, 9)]
            renewed = plan()
        finally:
            cursor.execute("RESET plan_cache_mode")

    assert executed(captured) == ["DISCARD EXECUTE"]
    # The rows are estimated as for a table of another size.
    assert empty == kept
    assert renewed != kept


def test_where_parameters_are_bound_in_the_server_nothing_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    try:
        assert run(PreparedStatement("SELECT %(number)s::integer + 1", number="integer"), number=1) == [(2,)]
    finally:
        connection.close()


def test_an_error_of_the_statement_itself_is_raised() -> None:
    quotient = PreparedStatement("SELECT 1 / %(by)s", by="integer")

    with pytest.raises(DataError, match="division by zero"):
        run(quotient, by=0)

    assert not PreparedStatement._only_plain


def test_each_placeholder_has_a_type() -> None:
    with pytest.raises(KeyError, match="word"):
        PreparedStatement("SELECT %(number)s, %(word)s", number="integer")
