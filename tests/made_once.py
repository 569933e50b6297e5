"""Rows that many tests begin with: the functions of the product make them once in a process, then they are copied as they were.

A thousand statements become one, and megabytes of packs never leave the server: the rows are kept in tables of their own, in
schemas of the same database. What is inserted is what was made, with its ids, because no sequence is ever set back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from itertools import count
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db import connection, transaction

#: What an emptied database holds.
_ALWAYS_THERE: Final = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}
#: Tables in which a test may have rows of its own before: people and what they did.
_OF_PEOPLE: Final = {"core_user", "core_user_groups", "core_auditentry"}
#: Its rows are chained at the commit, so they are inserted with the triggers.
_CHAINED: Final = "core_auditentry"
#: Its rows name groups, which a flush makes again under other numbers.
_OF_GROUPS: Final = "core_user_groups"
#: Milliseconds to wait for a table that the present test has locked; then nothing is kept this time.
_LOCK_TIMEOUT: Final = 2_000

#: The attribute of `django.conf.settings` that each change of a setting replaces.
_WRAPPED: Final = "_wrapped"
#: Numbers of the schemas, and of the statements that a session has planned.
_schemas: Final = count(1)
_plans: Final = count(1)
#: In a statement, where the name goes that its session knows it by.
_NAME: Final = "@planned@"
#: What is kept in this process.
_all_rows: Final[list[_Rows]] = []
#: The present test: the settings before its fixtures, and its fixtures by name.
_test: Final[list[tuple[Any, Mapping[str, Any]]]] = []


def begin_test(fixtures: Mapping[str, Any]) -> None:
    """Note the settings before a test, and the fixtures by name, to which those that are set up later are added."""
    _test[:] = [(_present_settings(), fixtures)]


def _present_settings() -> object:
    """Return the object behind `django.conf.settings`, which each change of a setting replaces."""
    return vars(settings)[_WRAPPED]


@contextmanager
def _usual_settings() -> Iterator[None]:
    """Build under the settings before the present test, whatever it has changed since."""
    changed = _present_settings()
    # By assignment, at which Django forgets the values that it has read so far.
    setattr(settings, _WRAPPED, _test[0][0])
    try:
        yield
    finally:
        setattr(settings, _WRAPPED, changed)


def _is_patched() -> bool:
    """Return whether the present test has patched by its fixtures so far what builders may call, or no test runs."""
    for _, fixtures in _test:
        patches = fixtures.get("monkeypatch")
        if patches is None:
            return False
        return bool(patches._setitem) or any(not _is_of_api(target) for target, *_ in patches._setattr)
    return True


def _is_of_api(target: object) -> bool:
    """Return whether a patched module, class or object is part of `api`, from which no other package imports (import-linter)."""
    names = (getattr(target, name, "") for name in ("__module__", "__name__"))
    return next((name for name in names if isinstance(name, str) and name), "").partition(".")[0] == "api"


def made_once(build: Callable[[], None]) -> Callable[[], None]:
    """Let a builder run once in a process; from then on insert its rows, where the tables are as empty as they were then.

    It must make the same rows whenever it is called on an empty database, at a fixed time. It runs in full where a test has made
    such rows before, or people of the same names. Rows are kept as the builder makes them under the settings before the test, and
    not from a test that patches functions, because later tests would get what the product made under those.
    """
    kept: list[_Rows] = []

    @wraps(build)
    def insert() -> None:
        if kept and kept[0].dropped:
            kept.clear()
        if not kept and not _is_patched() and _may_insert() and not any(_has_rows(table) for table in _tables()):
            kept.extend(_keep(build))
        if kept and kept[0].fit():
            kept[0].insert()
        else:
            build()

    return insert


def keep_nothing() -> None:
    """Drop all that is kept, and keep nothing until the next test: for a test that dumps the whole database."""
    _test.clear()
    with _second_connection() as second:
        for rows in _all_rows:
            second.execute(f"DROP SCHEMA IF EXISTS {rows.schema} CASCADE")
            rows.dropped = True
    _all_rows.clear()


def _second_connection() -> psycopg.Connection[Any]:
    known = connection.get_connection_params()
    wanted = {name: known[name] for name in ("dbname", "user", "password", "host", "port") if known.get(name)}
    return psycopg.connect(**wanted)


def _may_insert() -> bool:
    """Return whether triggers can be left out here: a test may have a server of its own, on which they cannot."""
    return bool(_query("SELECT has_parameter_privilege('session_replication_role', 'SET')")[0])


def _database() -> tuple[object, ...]:
    return tuple(connection.settings_dict[name] for name in ("HOST", "PORT", "NAME"))


def _keep(build: Callable[[], None]) -> list[_Rows]:
    """Return the rows that the builder makes, and undo them; nothing where the present test has locked a table."""
    with _usual_settings(), transaction.atomic():
        build()
        try:
            return [_Rows()]
        except psycopg.errors.LockNotAvailable:
            return []
        finally:
            transaction.set_rollback(True)


class _Rows:
    """All rows that the database has now, but for those that are always there, copied into tables of a schema of their own."""

    def __init__(self) -> None:
        tables = [table for table in sorted(_tables()) if _has_rows(table)]
        self._names = _query("SELECT username FROM core_user")
        self._filled = [f'(SELECT 1 FROM "{table}" LIMIT 1)' for table in tables if table not in _OF_PEOPLE]
        self.dropped = False
        self._database = _database()
        self.schema = schema = f"kept_{next(_schemas)}"
        self._copy(schema, tables)
        _all_rows.append(self)
        #: The sessions in which the statements below are planned, each under names that no session had before.
        self._planned: WeakKeyDictionary[object, str] = WeakKeyDictionary()
        silent_tables = [table for table in tables if table not in (_CHAINED, _OF_GROUPS)]
        made = [f'INSERT INTO "{table}" SELECT * FROM {schema}."of_{table}"' for table in silent_tables]
        if _OF_GROUPS in tables:
            made.append(
                f'INSERT INTO "{_OF_GROUPS}" (id, user_id, group_id) SELECT k.id, k.user_id, g.id'
                f' FROM {schema}."of_{_OF_GROUPS}" k JOIN {schema}.roles r ON r.id = k.group_id JOIN auth_group g USING (name)'
            )
        chained = [f'INSERT INTO "{_CHAINED}" SELECT * FROM {schema}."of_{_CHAINED}"'] if _CHAINED in tables else []
        # Triggers and foreign keys held when the rows were made; triggers would ask for each step on the way to an approved text.
        silent = ("SET LOCAL session_replication_role = replica", "SET LOCAL session_replication_role = origin")
        same_names = "(SELECT 1 FROM core_user WHERE username = ANY($1) LIMIT 1)"
        planned = {f"{_NAME}_fit (text[])": " UNION ALL ".join([*self._filled, same_names])}
        planned |= {f"{_NAME}_{number}": statement for number, statement in enumerate([*made, *chained])}
        self._prepare = ";\n".join(f"PREPARE {name} AS {statement}" for name, statement in planned.items())
        executed = [f"EXECUTE {_NAME}_{number}" for number in range(len(planned) - 1)]
        self._sql = ";\n".join([silent[0], *executed[: len(made)], silent[1], *executed[len(made) :]])

    def _copy(self, schema: str, tables: list[str]) -> None:
        """Write the rows by a second connection, because the transaction in which they were made is undone."""
        rows = {table: _rows(table) for table in tables}
        roles = _query("SELECT g::text FROM (SELECT id, name FROM auth_group) g")
        with _second_connection() as second:
            second.execute(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT}")
            second.execute(f"CREATE SCHEMA {schema}")
            second.execute(f"CREATE TABLE {schema}.roles AS SELECT id, name FROM auth_group LIMIT 0")
            # Queries that look for tables of the product by their names do not find these.
            for table in tables:
                second.execute(f'CREATE TABLE {schema}."of_{table}" AS SELECT * FROM "{table}" LIMIT 0')
            for table, texts in {"roles": roles, **{f"of_{table}": texts for table, texts in rows.items()}}.items():
                second.execute(
                    f'INSERT INTO {schema}."{table}" SELECT * FROM unnest(%s::{schema}."{table}"[])',
                    [texts],
                )

    def fit(self) -> bool:
        """Return whether they can be inserted now."""
        if _database() != self._database:
            return False
        return not _query(f"EXECUTE {self._plan_once()}_fit (%s)", [self._names])

    def _plan_once(self) -> str:
        """Let each session plan the statements once, and return their name: to plan dozens takes as long as to execute them.

        A session keeps a statement though the transaction in which it was planned is undone, or the next one could not be.
        """
        connection.ensure_connection()
        session = connection.connection
        if session not in self._planned:
            name = f"planned_{next(_plans)}"
            with connection.cursor() as cursor:
                cursor.execute(self._prepare.replace(_NAME, name))
            self._planned[session] = name
        return self._planned[session]

    def insert(self) -> None:
        """Insert them."""
        name = self._plan_once()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(self._sql.replace(_NAME, name))


def _tables() -> set[str]:
    return set(connection.introspection.django_table_names(include_views=False)) - _ALWAYS_THERE


def _rows(table: str) -> list[str]:
    return _query(f'SELECT t::text FROM "{table}" t')


def _has_rows(table: str) -> bool:
    return bool(_query(f'SELECT 1 FROM "{table}" LIMIT 1'))


def _query(sql: str, values: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [value for (value,) in cursor.fetchall()]
