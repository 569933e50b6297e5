"""Empty the tables after a test that commits, by deleting its few rows.

Django's flush truncates every table of the project and then lets each app fill in its permissions again, which takes longer than
most tests. Here the rows of a test are deleted without triggers, and what an emptied database holds (content types, permissions,
roles) is compared with what was there after the first flush. Where it differs, or a test has written much, the usual flush runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
            self._kept = _digests(cursor, [table for table, _ in _tables(cursor, connection)])

    def delete_rows(self, connection: BaseDatabaseWrapper) -> bool:
        """Delete all rows that an emptied database lacks; return False where only a flush leads there."""
        if self._kept is None:
            return False
        with connection.cursor() as cursor:
            tables = _tables(cursor, connection)
            if any(size >= _LARGE for _, size in tables):
                return False
            if _digests(cursor, list(self._kept)) != self._kept:
                return False
            written = [connection.ops.quote_name(table) for table, _ in tables if table not in self._kept]
            # Without triggers, which refuse to delete history, and without foreign keys: in the end every table is empty.
            cursor.execute("SET session_replication_role = replica")
            try:
                for table in written:
                    cursor.execute(f"DELETE FROM {table}")  # noqa: S608  (our own tables)
            finally:
                cursor.execute("SET session_replication_role = origin")
        return True


def _tables(cursor: Any, connection: BaseDatabaseWrapper) -> list[tuple[str, int]]:
    """Return the project's tables that hold a row, with their size in bytes."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    one = "(SELECT '{0}', pg_relation_size('{0}') FROM \"{0}\" LIMIT 1)"
    cursor.execute(" UNION ALL ".join(one.format(name) for name in names))
    return list(cursor.fetchall())


def _digests(cursor: Any, tables: list[str]) -> dict[str, str]:
    """Return a digest of the rows of each table, in any order."""
    if not tables:
        return {}
    one = "SELECT '{0}', md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM \"{0}\" t"
    cursor.execute(" UNION ALL ".join(one.format(table) for table in tables))
    return dict(cursor.fetchall())
