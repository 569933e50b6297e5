"""Empty the tables after a test that commits, by deleting its few rows.

Django's flush truncates every table of the project and then lets each app fill in its permissions again, which takes longer than
most tests. Here the rows of a test are deleted without triggers, and what an emptied database holds (content types, permissions,
roles) is compared with what was there after the first flush. Where it differs, the usual flush runs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from psycopg import DatabaseError
from psycopg.errors import InvalidSqlStatementName

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Bytes of a table from which it is truncated: deleted rows would remain in it.
_LARGE = 512 * 1024


def flush_quickly() -> None:
    """Let the tests of Django's TransactionTestCase, which pytest's `transactional_db` is, end with a `Emptying`."""
    from django.db import connections
    from django.test import TransactionTestCase

    usual = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    emptying = Emptying()

    def teardown(self: TransactionTestCase) -> None:
        connection = connections["default"]
        if self.available_apps is not None or not emptying.delete_rows(connection):
            usual(self)
            emptying.remember(connection)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]


class Emptying:
    """What an emptied database holds, and how to get back there."""

    def __init__(self) -> None:
        #: The digest of each table that has rows in an emptied database.
        self._kept: dict[str, str] | None = None

    def remember(self, connection: BaseDatabaseWrapper) -> None:
        """Remember what the database holds now, right after a flush."""
        with connection.cursor() as cursor:
            names = connection.introspection.django_table_names(only_existing=True, include_views=False)
            self._kept = _digests(cursor, [table for table, _ in _tables(cursor, names)])
            self._filled = Prepared(_tables_query(names))
            self._digests = Prepared(_digests_query(self._kept))

    def delete_rows(self, connection: BaseDatabaseWrapper) -> bool:
        """Delete all rows that an emptied database lacks; return False where only a flush leads there."""
        if self._kept is None:
            return False
        try:
            tables, kept = dict(self._filled.rows(connection)), dict(self._digests.rows(connection))
        except DatabaseError:
            # The test has dropped a table.
            return False
        if kept != self._kept:
            return False
        written = [table for table in tables if table not in kept]
        large = [connection.ops.quote_name(table) for table in written if tables[table] >= _LARGE]
        emptied = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in written]  # noqa: S608  (our own tables)
        # What refers to a large table is emptied too. What is kept refers to nothing else.
        emptied[:0] = [f"TRUNCATE {', '.join(large)} CASCADE"] if large else []
        # Without triggers, which refuse to delete history, and without foreign keys: in the end every table is empty. All in one
        # message, and so in one transaction.
        silent = ("SET LOCAL session_replication_role = replica", "SET LOCAL client_min_messages = warning")
        with connection.cursor() as cursor:
            cursor.execute(";\n".join([*silent, *emptied]))
        return True


class Prepared:
    """A query that each session plans once: to plan one of a hundred tables takes longer than to look at them."""

    _numbers = count(1)

    def __init__(self, query: str) -> None:
        self._name, self._query = f"of_tests_{next(self._numbers)}", query

    def rows(self, connection: BaseDatabaseWrapper) -> list[Any]:
        """Return its rows. Raises psycopg.DatabaseError."""
        connection.ensure_connection()
        session = connection.connection
        try:
            return list(session.execute(f"EXECUTE {self._name}").fetchall())
        except InvalidSqlStatementName:
            session.execute(f"PREPARE {self._name} AS {self._query}")
        return list(session.execute(f"EXECUTE {self._name}").fetchall())


def _tables(cursor: Any, names: Sequence[str]) -> list[tuple[str, int]]:
    """Return those of these tables that hold a row, with their size in bytes."""
    cursor.execute(_tables_query(names))
    return list(cursor.fetchall())


def _tables_query(names: Sequence[str]) -> str:
    one = "(SELECT '{0}', pg_relation_size('{0}') FROM \"{0}\" LIMIT 1)"
    return " UNION ALL ".join(one.format(name) for name in names)


def _digests(cursor: Any, tables: Collection[str]) -> dict[str, str]:
    """Return a digest of the rows of each table, in any order."""
    if not tables:
        return {}
    cursor.execute(_digests_query(tables))
    return dict(cursor.fetchall())


def _digests_query(tables: Collection[str]) -> str:
    one = "SELECT '{0}', md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM \"{0}\" t"
    return " UNION ALL ".join(one.format(name) for name in tables)
