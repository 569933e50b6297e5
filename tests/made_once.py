"""Rows that many tests begin with: the functions of the product make them once in a process, then they are inserted as they were.

A thousand statements become one. What is inserted is what was made, with its ids, because no sequence is ever set back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import mogrify

#: What an emptied database holds.
_ALWAYS_THERE: Final = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}
#: Tables in which a test may have rows of its own before: people and what they did.
_OF_PEOPLE: Final = {"core_user", "core_user_groups", "core_auditentry"}
#: Its rows are chained at the commit, so they are inserted with the triggers.
_CHAINED: Final = "core_auditentry"


#: The present test: the settings before its fixtures, and its fixtures by name.
_test: Final[list[tuple[Any, Mapping[str, Any]]]] = []


def begin_test(fixtures: Mapping[str, Any]) -> None:
    """Note the settings before a test, and the fixtures by name, to which those that are set up later are added."""
    _test[:] = [(_present_settings(), fixtures)]


def _present_settings() -> object:
    """Return the object behind `django.conf.settings`, which each change of a setting replaces."""
    return vars(settings)["_wrapped"]


def _is_usual() -> bool:
    """Return whether the present test has changed no setting and patched nothing by its fixtures so far."""
    for usual, fixtures in _test:
        patches = fixtures.get("monkeypatch")
        return _present_settings() is usual and not (patches is not None and (patches._setattr or patches._setitem))
    return False


def made_once(build: Callable[[], None]) -> Callable[[], None]:
    """Let a builder run once in a process; from then on insert its rows, where the tables are as empty as they were then.

    It must make the same rows whenever it is called on an empty database, at a fixed time. It runs in full where a test has made
    such rows before, or people of the same names. Its rows are not kept from a test that changes settings or patches functions,
    because later tests would get what the product made under those.
    """
    kept: list[_Rows] = []

    @wraps(build)
    def insert() -> None:
        if kept and kept[0].groups != _groups():
            # A flush has made the groups again, under other numbers, which the rows of people hold.
            kept.clear()
        if not kept and _is_usual() and not any(_rows(table) for table in _tables()):
            with transaction.atomic():
                build()
                kept.append(_Rows())
                transaction.set_rollback(True)
        if kept and kept[0].fit():
            kept[0].insert()
        else:
            build()

    return insert


class _Rows:
    """All rows that the database has now, but for those that are always there."""

    def __init__(self) -> None:
        rows = {table: found for table in sorted(_tables()) if (found := _rows(table))}
        self.groups = _groups()
        self._names = _query("SELECT username FROM core_user")
        self._empty = " UNION ALL ".join(f'(SELECT 1 FROM "{table}" LIMIT 1)' for table in rows.keys() - _OF_PEOPLE)
        made = [_statement(table, rows[table]) for table in rows if table != _CHAINED]
        chained = [_statement(_CHAINED, rows[_CHAINED])] if _CHAINED in rows else []
        # Triggers and foreign keys held when the rows were made; triggers would ask for each step on the way to an approved text.
        silent = ("SET LOCAL session_replication_role = replica", "SET LOCAL session_replication_role = origin")
        self._sql = ";\n".join([silent[0], *made, silent[1], *chained])

    def fit(self) -> bool:
        """Return whether they can be inserted now."""
        return not _query(f"{self._empty} UNION ALL (SELECT 1 FROM core_user WHERE username = ANY(%s) LIMIT 1)", [self._names])

    def insert(self) -> None:
        """Insert them."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(self._sql)


def _tables() -> set[str]:
    return set(connection.introspection.django_table_names(include_views=False)) - _ALWAYS_THERE


def _rows(table: str) -> list[str]:
    return _query(f'SELECT t::text FROM "{table}" t')


def _groups() -> list[int]:
    return _query("SELECT id FROM auth_group ORDER BY id")


def _query(sql: str, values: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [value for (value,) in cursor.fetchall()]


def _statement(table: str, rows: list[str]) -> str:
    """Return the statement that inserts the rows into a table, each given as the text of the whole row."""
    return mogrify(f'INSERT INTO "{table}" SELECT * FROM unnest(%s::"{table}"[])', [rows], connection)
