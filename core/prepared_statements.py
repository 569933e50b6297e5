"""Statements that PostgreSQL reads and plans once in a while instead of at each execution.

For what a worker executes many times a second: the claim of a batch takes 5 ms of the server's processor with its planning, and
0.4 ms without.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from hashlib import sha256
from time import monotonic
from typing import Any, Final

from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from psycopg import errors

#: Seconds for which plans are kept. PostgreSQL makes them anew only once a table was analysed; a plan for an empty table of
#: batches would be used for thousands that a freeze has written since.
PLAN_SECONDS: Final = 5.0
#: What PostgreSQL answers before it executes anything: the session is not the one that prepared the statement, as behind a pooler
#: in transaction mode; a column of its result has another type since.
_NOT_KEPT = (errors.InvalidSqlStatementName, errors.FeatureNotSupported)

_logger = logging.getLogger(__name__)


class _Session(threading.local):
    """What the current thread knows about its session."""

    #: psycopg's connection, for which the rest holds.
    connection: object = None
    prepared: frozenset[str] = frozenset()
    planned_at = 0.0


_session = _Session()


class PreparedStatement:
    """One statement with placeholders like %(name)s, executed as a prepared one where the session keeps those.

    https://www.postgresql.org/docs/current/sql-prepare.html. The plain statement is executed within a transaction, which a failed
    try would end; where Django binds parameters in the server, which EXECUTE does not allow; and behind a pooler that gives each
    transaction another session, as PgBouncer does.
    """

    #: Whether a try in this process has shown that its sessions keep no prepared statements.
    _only_plain = False

    def __init__(self, sql: str, **types: str) -> None:
        """`types` names PostgreSQL's type of each placeholder. Raises KeyError for a placeholder without one."""
        numbers = {name: f"${number}" for number, name in enumerate(types, 1)}
        body = re.sub(r"%\((\w+)\)s", lambda found: numbers[found[1]], sql)
        self._sql = sql
        # By its text: a session that has the name has the same statement.
        self.name = f"fingerpost_{sha256(body.encode()).hexdigest()[:16]}"
        self._prepare = f"PREPARE {self.name} ({', '.join(types.values())}) AS {body}"
        self._execute = f"EXECUTE {self.name} ({', '.join(f'%({name})s' for name in types)})"

    def execute(self, cursor: CursorWrapper, parameters: Mapping[str, Any]) -> None:
        """Execute the statement with a cursor of the default connection; raises as `cursor.execute` does."""
        binds_in_server = connection.settings_dict["OPTIONS"].get("server_side_binding")
        if PreparedStatement._only_plain or connection.in_atomic_block or binds_in_server:
            cursor.execute(self._sql, parameters)
            return
        # With the statement itself, because the way to a database far away takes longer than a plan.
        before = self._before()
        try:
            cursor.execute(before + self._execute, parameters)
        except DatabaseError as error:
            if isinstance(error.__cause__, errors.DuplicatePreparedStatement):
                # By an earlier execution that failed, as in a database that takes no writes, or by another client of the session.
                _session.prepared |= {self.name}
            elif isinstance(error.__cause__, _NOT_KEPT):
                PreparedStatement._only_plain = True
                said = type(error.__cause__).__name__
                _logger.info("This process prepares no more statements (%s); a pooler may share its sessions.", said)
            else:
                raise
            cursor.execute(self._sql, parameters)
            return
        _session.prepared |= {self.name}
        if before:
            cursor.nextset()

    def _before(self) -> str:
        """Return what is to be executed first, in the same message."""
        if _session.connection is not connection.connection:
            _session.connection, _session.prepared, _session.planned_at = connection.connection, frozenset(), monotonic()
        if self.name not in _session.prepared:
            return f"{self._prepare}; "
        if monotonic() - _session.planned_at > PLAN_SECONDS:
            _session.planned_at = monotonic()
            return "DISCARD PLANS; "
        return ""
