"""The sender's eye on the brakes: read every half second over a connection of its own; whoever cannot see sends nothing."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import Self

from django.db import Error, connection

from notifications.models.brake import IDENTITY_SQL

#: Seconds between two looks.
INTERVAL = 0.5
#: Seconds after which a look is too old to send by.
LONGEST_BLIND = 1.5

_logger = logging.getLogger(__name__)


class Watch:
    """Which campaigns may send to which projects right now, and what time the database says it is. Use as a context manager."""

    def __init__(self) -> None:
        self._seen_at = float("-inf")
        self._may_send: frozenset[int] = frozenset()
        #: Firebase projects that asked for silence, by what the database says and by what was heard here since.
        self._blocked: frozenset[str] = frozenset()
        self._hushed: dict[str, float] = {}
        #: The database's clock minus ours (monotonic), so that a wrong clock of this machine changes nothing.
        self._offset = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self.look()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(timeout=5)

    def allows(self, campaign_id: int, project: str) -> bool:
        """Tell whether a request of this campaign to this Firebase project may leave at this moment."""
        if campaign_id not in self._may_send or self.is_blocked(project):
            return False
        return time.monotonic() - self._seen_at <= LONGEST_BLIND

    def is_blocked(self, project: str) -> bool:
        """Tell whether a Firebase project asked for silence."""
        return project in self._blocked or self._hushed.get(project, 0.0) > time.monotonic()

    def hush(self, project: str) -> None:
        """Let nothing more leave for a project that has just asked for silence, until the database tells for how long."""
        self._hushed[project] = time.monotonic() + LONGEST_BLIND

    def now(self) -> float:
        """Return the database's clock in seconds since 1970."""
        return time.monotonic() + self._offset

    def local(self, instant: float) -> float:
        """Return an instant of the database's clock (seconds since 1970) on the clock of time.monotonic."""
        return instant - self._offset

    def look(self) -> None:
        """Read all brakes once; raises django.db.Error when they cannot be read."""
        asked_at = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT extract(epoch FROM clock_timestamp()),
                    (SELECT coalesce(array_agg(project), '{{}}') FROM notifications_quota WHERE blocked_until > now()), (
                    SELECT coalesce(array_agg(k.campaign_id), '{{}}')
                    FROM notifications_brake k JOIN notifications_campaign c ON c.id = k.campaign_id
                    WHERE k.state = 'go' AND c.state = 'sending'
                        AND EXISTS (SELECT 1 FROM notifications_brake
                                    WHERE campaign_id IS NULL AND state = 'go' AND database = ({IDENTITY_SQL})))
                """  # noqa: S608
            )
            now, blocked, campaigns = cursor.fetchone()
        self._offset = float(now) - asked_at
        self._may_send, self._blocked = frozenset(campaigns), frozenset(blocked)
        # The look is as old as its question: the answer may have been on its way for long.
        self._seen_at = asked_at

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL):
            try:
                self.look()
            except Error as error:
                _logger.warning("The brakes cannot be read, nothing is sent: %s", type(error).__name__)
                connection.close()
        connection.close()
