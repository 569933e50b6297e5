"""The edition that this process answers from: refreshed by a thread, kept on disk, available when the database is down."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
from django.conf import settings
from django.db import connection, connections

from api.reads import edition as editions
from api.reads.edition import ChangeMarker, Edition
from api.reads.pack_store import PackStore, replace_file
from core.errors import Unavailable
from notifications import feed_query
from notifications.models.scheduler_run import SILENT_AFTER

log = logging.getLogger(__name__)

#: Seconds between two refreshes.
POLL_SECONDS = 1.0
#: Seconds without a successful query after which the database counts as down.
DOWN_AFTER_SECONDS = 3.5
#: Seconds that the first request of a process waits for the first refresh.
_FIRST_REFRESH_SECONDS = 10.0
#: Seconds between two log lines that say that the scheduler is silent.
_ALARM_SECONDS = 60.0
#: Seconds per refresh spent on prefetching; readers must not notice it, and nothing published may wait for it.
_PREFETCH_SECONDS = 0.25
#: Options for the refreshing connection alone, in seconds and milliseconds. psycopg waits at least 2 s to connect.
_CONNECT_OPTIONS = {"connect_timeout": 2, "tcp_user_timeout": 1000}
_STATEMENT_TIMEOUT = "-c statement_timeout=1000"
_FILE = "edition.json"


class NotReady(Unavailable):
    """The server has just started and has no content yet. Try again in a few seconds."""


class EditionStore:
    """Hold the newest edition. Until `start`, each call of `current` refreshes it, which suits tests and commands."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.packs = PackStore(folder / "packs" if folder else None)
        #: Called in the refreshing thread with each new edition before it comes into force.
        self.before_change: list[Callable[[Edition], None]] = []
        self._held: tuple[ChangeMarker | None, Edition] | None = None
        self._last_success = -DOWN_AFTER_SECONDS
        self._scheduler_age: float | None = None
        self._last_alarm = float("-inf")
        self._candidate: int | None = None
        #: The candidate whose packs are all prefetched; no release has the number 0.
        self._prefetched: int | None = 0
        self._refreshed, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def edition(self) -> Edition | None:
        """The edition in force, or None."""
        held = self._held
        return held[1] if held else None

    def current(self) -> Edition:
        """Return the edition in force. Raises NotReady, or DatabaseError if no thread is running."""
        if self._thread is None:
            self.refresh()
        else:
            self.wait_for_first_refresh()
        if self._held is None:
            raise NotReady()
        return self._held[1]

    def refresh(self) -> bool:
        """Bring a changed edition into force; return whether there was one."""
        marker = editions.read_change_marker()
        self._last_success = time.monotonic()
        self._candidate, self._scheduler_age = marker.candidate, marker.scheduler_age
        self._log_silent_scheduler()
        known, before = self._held or (None, None)
        if known is not None and not marker.differs_from(known):
            return False
        previous = (known, before) if known is not None and before is not None else None
        new = editions.read_edition(marker, self.packs, previous=previous, at=datetime.now(UTC))
        for prepare in self.before_change:
            prepare(new)
        self._held = marker, new
        self._write_to_disk(new)
        return True

    def prefetch(self) -> None:
        """Write packs of a release that waits for publication to disk, a few per refresh."""
        if self._candidate != self._prefetched:
            packs = editions.candidate_packs(self._candidate)
            if self.packs.prefetch(packs, seconds=_PREFETCH_SECONDS):
                self._prefetched = self._candidate

    def sends(self) -> bool:
        """Return whether the database answers and a worker has run the scheduler of campaigns in the last half minute."""
        return self._has_answered_lately() and self._scheduler_age is not None and self._scheduler_age < SILENT_AFTER

    def database_is_down(self) -> bool:
        """Return whether the database is known to be down, so that no request has to wait for it; False if no thread runs."""
        return self._thread is not None and self._refreshed.is_set() and not self._has_answered_lately()

    def with_full_feed(self) -> Edition:
        """Return the edition in force with every alert ever opened, read from the database."""
        return replace(self.current(), feed=feed_query.read(at=datetime.now(UTC), limit=None))

    def with_thread(self, number: int) -> Edition:
        """Return the edition in force with the thread of one alert, read from the database, and no other alert."""
        return replace(self.current(), feed=feed_query.read_thread(number, at=datetime.now(UTC)))

    def load_from_disk(self) -> None:
        """Bring the edition on disk into force if there is none yet; ignore a file that cannot be read."""
        if self.folder is None or self._held is not None:
            return
        with suppress(OSError, ValueError, LookupError, TypeError):
            plain = orjson.loads((self.folder / _FILE).read_bytes())
            # Without its marker: another version of the software may have written it.
            kept = editions.from_plain(plain, self.packs)
            for prepare in self.before_change:
                prepare(kept)
            self._held = None, kept

    def start(self) -> None:
        """Start a thread that refreshes once a second; the edition on disk serves until its first success."""
        assert self._thread is None
        self._thread = threading.Thread(target=self._run, name="edition-store", daemon=True)
        self._thread.start()

    def wait_for_first_refresh(self) -> None:
        """Wait until the thread has tried to refresh for the first time, at most 10 s."""
        self._refreshed.wait(_FIRST_REFRESH_SECONDS)

    def stop(self) -> None:
        """Stop the thread."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join(timeout=10)
            self._thread = None
            self._stopping.clear()
            self._refreshed.clear()

    def clear(self) -> None:
        """Empty the memory; for tests."""
        self._held, self._last_success = None, -DOWN_AFTER_SECONDS
        self._scheduler_age, self._last_alarm = None, float("-inf")
        self.packs.clear()

    def _has_answered_lately(self) -> bool:
        return time.monotonic() - self._last_success < DOWN_AFTER_SECONDS

    def _log_silent_scheduler(self) -> None:
        """Log an error, at most once a minute, while no worker runs the scheduler; a new installation may have no worker yet."""
        age, now = self._scheduler_age, time.monotonic()
        if age is not None and age >= SILENT_AFTER and now - self._last_alarm >= _ALARM_SECONDS:
            self._last_alarm = now
            log.error("no worker has run the scheduler for %.0f s: no alert is sent until a worker runs", age)

    def _run(self) -> None:
        given = connection.settings_dict["OPTIONS"]
        options = {**given, **_CONNECT_OPTIONS, "options": f"{given.get('options', '')} {_STATEMENT_TIMEOUT}".strip()}
        # Django keeps one connection per thread, so these settings affect this thread alone.
        connection.settings_dict = {**connection.settings_dict, "CONN_MAX_AGE": None, "OPTIONS": options}
        try:
            while not self._stopping.is_set():
                self._try_refresh()
                if self._held is None:
                    self.load_from_disk()
                self._refreshed.set()
                self._stopping.wait(POLL_SECONDS)
        finally:
            connections.close_all()

    def _try_refresh(self) -> None:
        try:
            self.refresh()
            self.prefetch()
        except Exception as error:
            # The edition in force stays; the next try is a second away. The message is not logged: it may name hosts.
            if not self._refreshed.is_set() or self._has_answered_lately():
                where = "".join(traceback.format_tb(error.__traceback__)[-1:]).strip()
                log.warning("cannot check for a new edition (%s): %s", type(error).__name__, where)
            with suppress(Exception):
                connection.close()

    def _write_to_disk(self, edition: Edition) -> None:
        if self.folder is None:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self.folder / _FILE, orjson.dumps(editions.to_plain(edition)))
            self.packs.prune(edition.pack_digests.values())
        except OSError as error:
            log.error("cannot write the edition to disk (%s): it would not survive a restart", error.strerror)


#: The store of this process.
store = EditionStore(Path(settings.EDITION_DIR) if settings.EDITION_DIR else None)
