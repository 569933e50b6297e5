"""Find out whether reads and writes work and alerts would be sent, by trying; at most once a second in each process."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterator

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection, transaction

from api.reads.edition_store import EditionStore
from core.errors import DomainError
from core.migration_state import missing_migrations
from core.served_paths import CONSOLE
from notifications.models import Heartbeat

#: Seconds for which a state is given again, so that strangers who ask cause no work.
KEPT_FOR = 1.0
#: Milliseconds for each statement of the attempt.
_LIMITS = "SET LOCAL statement_timeout = 1000; SET LOCAL lock_timeout = 500"
log = logging.getLogger(__name__)


class Readiness:
    """What works in this process."""

    def __init__(self, store: EditionStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._state: dict[str, bool] | None = None
        self._tried_at = 0.0
        self._faults: tuple[str, ...] = ()
        self._is_migrated = False

    def state(self) -> dict[str, bool]:
        """Return whether this process answers reads, takes writes, and whether somebody would send alerts."""
        known = self._state
        if known is not None and time.monotonic() - self._tried_at < KEPT_FOR:
            return known
        # While one request tries, the others get what was known before.
        if not self._lock.acquire(blocking=known is None):
            assert known is not None
            return known
        try:
            if self._state is None or time.monotonic() - self._tried_at >= KEPT_FOR:
                self._state = self._try()
                self._tried_at = time.monotonic()
            return self._state
        finally:
            self._lock.release()

    @property
    def faults(self) -> tuple[str, ...]:
        """What failed at the last attempt to write."""
        return self._faults

    def clear(self) -> None:
        """Forget the state; for tests."""
        self._state = None

    def _try(self) -> dict[str, bool]:
        faults, sends = list(self._faults_but_of_the_database()), False
        if self._store.database_is_down():
            # No request waits for a database that is known to be down.
            faults.append("the database does not answer")
        else:
            try:
                sends = self._write()
            except Error as error:
                faults.append(f"the database takes no writes ({type(error).__name__})")
                connection.close_if_unusable_or_obsolete()
            else:
                faults += [] if self._migrated() else ["migrations are missing"]
        if tuple(faults) != self._faults:
            self._faults = tuple(faults)
            log.warning("Writes %s.", f"fail: {', '.join(faults)}" if faults else "work again")
        reads = _can_read(self._store)
        return {"reads": reads, "writes": not faults, "sends": sends and self._store.sends()}

    @staticmethod
    def _faults_but_of_the_database() -> Iterator[str]:
        if not settings.ADDRESS_KEYS and settings.SERVES != CONSOLE:
            yield "ADDRESS_KEYS is empty"
        try:
            cache.set("readiness", True, timeout=5)
        except Exception as error:
            # Of whichever client library the cache has.
            yield f"the cache does not answer ({type(error).__name__})"

    @staticmethod
    def _write() -> bool:
        """Write a row and roll it back, on the connection that a registration would have; return whether somebody sends."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_LIMITS)
                cursor.execute(
                    "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, '', now())",
                    [secrets.token_hex(16)],
                )
            sends = Heartbeat.objects.last_work().sends
            transaction.set_rollback(True)
        return sends

    def _migrated(self) -> bool:
        """Return whether every migration of this version is applied; it stays so."""
        if not self._is_migrated:
            self._is_migrated = not missing_migrations()
        return self._is_migrated


def _can_read(store: EditionStore) -> bool:
    try:
        return store.current().number is not None
    except (Error, DomainError):
        return False
