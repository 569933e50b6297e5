"""Read the brakes every half second over a connection of its own; a sender that cannot read them sends nothing."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Self

from django.db import Error, connection

from notifications.delivery import restores
from notifications.delivery.restores import STATE_SQL, DatabaseState
from notifications.models.brake import IDENTITY_SQL
from notifications.models.campaign import SUPERSEDED

#: Seconds from the start of one reading to the start of the next; a reading that takes longer is followed by the next at once.
INTERVAL = 0.5
#: Seconds after which a reading is too old to send by.
MAX_AGE = 1.5
#: Seconds that a reading may be older by the time that it took to arrive, so that the next one arrives before it is too old, also
#: from a database a second away. With them no reading is used for longer than `batch.ORDER_WAIT` allows.
MAX_DELAY = 0.5
#: Seconds for which the first claim waits for the monitor's own connection.
CONNECT_WITHIN = 15.0

_logger = logging.getLogger(__name__)


class BrakeMonitor:
    """Which campaigns may send to which projects at this moment, and the database's clock. Use it as a context manager."""

    def __init__(self) -> None:
        self._expires_at = float("-inf")
        self._may_send: frozenset[int] = frozenset()
        #: Firebase projects that are blocked, by the database and by responses that this process received since.
        self._blocked: frozenset[str] = frozenset()
        self._backing_off_until: dict[str, float] = {}
        #: The database's clock minus this process's monotonic clock, so that a wrong clock of this machine changes nothing.
        self._offset = 0.0
        #: Seconds that the latest readings took.
        self._took: deque[float] = deque(maxlen=3)
        #: The database is an earlier state of itself (see `restores`): nothing is to be claimed either.
        self.is_earlier_state = False
        self._ended, self._connected = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="brake-monitor", daemon=True)

    def __enter__(self) -> Self:
        self.read()
        self._thread.start()
        # From a database far away this takes longer than a reading may be old: what was claimed meanwhile could not be sent.
        self._connected.wait(CONNECT_WITHIN)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(timeout=5)

    def allows(self, campaign_id: int, project: str) -> bool:
        """Return whether a request of this campaign to this Firebase project may start now."""
        if campaign_id not in self._may_send or self.is_blocked(project):
            return False
        return time.monotonic() <= self._expires_at

    def is_blocked(self, project: str) -> bool:
        """Return whether nothing may be sent to a Firebase project now."""
        return project in self._blocked or self._backing_off_until.get(project, 0.0) > time.monotonic()

    def back_off(self, project: str) -> None:
        """Stop sending to a project whose response asked for it, until the database says for how long."""
        self._backing_off_until[project] = time.monotonic() + MAX_AGE

    @property
    def delay(self) -> float:
        """Return the seconds that the database takes to answer: the least of the latest three readings."""
        return min(self._took)

    def now(self) -> float:
        """Return the database's clock as Unix time."""
        return time.monotonic() + self._offset

    def to_monotonic(self, instant: float) -> float:
        """Convert an instant of the database's clock (Unix time) to the clock of `time.monotonic`."""
        return instant - self._offset

    def read(self) -> None:
        """Read all brakes once; raises django.db.Error when they cannot be read."""
        # To connect is no part of the reading: from far away it alone takes seconds.
        connection.ensure_connection()
        before, began_at = restores.seen().latest, time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT {STATE_SQL}, extract(epoch FROM clock_timestamp()),
                    (SELECT coalesce(array_agg(project), '{{}}') FROM notifications_quota WHERE blocked_until > now()), (
                    SELECT coalesce(array_agg(k.campaign_id), '{{}}')
                    FROM notifications_brake k JOIN notifications_campaign c ON c.id = k.campaign_id
                    WHERE k.state = 'go' AND c.state = 'sending' AND NOT {SUPERSEDED}
                        AND EXISTS (SELECT 1 FROM notifications_brake
                                    WHERE campaign_id IS NULL AND state = 'go' AND database = ({IDENTITY_SQL})))
                """  # noqa: S608
            )
            *state, now, blocked, campaigns = cursor.fetchone()
        # The server read its clock about halfway: a database far away must not make permits seem over.
        self._offset = float(now) - (began_at + time.monotonic()) / 2
        # Nothing is sent by an earlier state of the database, until a person has seen that it was put back.
        self.is_earlier_state = not restores.seen().note(DatabaseState(*state), before=before)
        self._may_send, self._blocked = frozenset(() if self.is_earlier_state else campaigns), frozenset(blocked)
        # The age counts from the query's start: its result may have taken long to arrive.
        self._took.append(time.monotonic() - began_at)
        self._expires_at = began_at + MAX_AGE + min(self._took[-1], MAX_DELAY)

    def _run(self) -> None:
        next_at = time.monotonic() + INTERVAL
        # What is wrong with the connection shows in the reading.
        with suppress(Error):
            connection.ensure_connection()
        self._connected.set()
        while not self._ended.wait(max(0.0, next_at - time.monotonic())):
            next_at = time.monotonic() + INTERVAL
            try:
                self.read()
            except Error as error:
                _logger.warning("The brakes cannot be read, so nothing is sent: %s", type(error).__name__)
                connection.close()
        connection.close()
