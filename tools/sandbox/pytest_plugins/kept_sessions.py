"""Keep the session with PostgreSQL after a test that commits, as Django does after one that does not.

Django ends it, because a rollback may have undone what it sets in a new session. A new one has read nothing of the catalogue and
planned nothing: to look for the rows of a hundred tables, with which the test ends, then takes longer than most tests.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: What DISCARD ALL does, in the order of https://www.postgresql.org/docs/current/sql-discard.html, but for plans and prepared
#: statements. Of Django's two settings of a session, the server has the time zone by itself, and no role is assumed.
_AS_NEW: Final = """
    CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all();
    DISCARD TEMP; DISCARD SEQUENCES
"""


def keep_sessions() -> None:
    """Let Django end the sessions of this thread after a test of TransactionTestCase only where they cannot be made as new."""
    from django.db import connections
    from django.test import TransactionTestCase

    def should_reload_connections(self: TransactionTestCase) -> bool:
        return not all(is_as_new(connection) for connection in connections.all(initialized_only=True))

    TransactionTestCase._should_reload_connections = should_reload_connections  # type: ignore[attr-defined]


def is_as_new(connection: BaseDatabaseWrapper) -> bool:
    """Make the session as a new one is; return False where only a new one will do."""
    session = connection.connection
    if session is None:
        return True
    if connection.in_atomic_block or not _is_usual(connection):
        return False
    try:
        session.execute(_AS_NEW)
    except psycopg.Error:
        return False
    # As at the beginning of a session.
    max_age = connection.settings_dict["CONN_MAX_AGE"]
    connection.close_at = None if max_age is None else time.monotonic() + max_age
    connection.run_on_commit, connection.errors_occurred = [], False
    return True


def _is_usual(connection: BaseDatabaseWrapper) -> bool:
    """Return whether the session is open, idle, in autocommit, and as the settings say: its database, options and cursors."""
    from django.db.backends.postgresql.base import Cursor

    session, settings = connection.connection, connection.settings_dict
    if session.closed or session.info.transaction_status != TransactionStatus.IDLE or not session.autocommit:
        return False
    at = (session.info.host, str(session.info.port), session.info.dbname)
    begun_with = (*at, session.info.get_parameters().get("options", ""))
    wanted = (settings["HOST"], str(settings["PORT"]), settings["NAME"], settings["OPTIONS"].get("options", ""))
    return begun_with == wanted and session.cursor_factory is Cursor
