"""The edition in force in this process: looked after by a thread, kept on disk, and there when everything else is down."""

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
from api.reads.edition import Edition, Marks
from api.reads.pack_store import Packs, write_whole
from core.errors import Unavailable
from notifications import feed

log = logging.getLogger(__name__)

#: Seconds between two looks at the database, and after which silence counts as its absence.
PAUSE, SILENT_AFTER = 1.0, 3.5
#: Seconds that the first request of a process waits for the first look.
_PATIENCE = 10.0
#: Seconds at each look for packs that may be published soon: readers must not feel it, nor wait for what is new.
_AHEAD = 0.25
#: For the looking connection alone: in seconds and milliseconds. Less than 2 s to connect psycopg does not take.
_HASTY, _STATEMENT_TIMEOUT = {"connect_timeout": 2, "tcp_user_timeout": 1000}, "-c statement_timeout=1000"
_FILE = "edition.json"


class NothingYet(Unavailable):
    """This server has just started and has not read anything yet."""


class Library:
    """Holds the newest edition. Until `start`, each `current` looks for itself, as tests and commands want it."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.packs = Packs(folder / "packs" if folder else None)
        #: Called with the coming edition before it is in force, in the thread that looks.
        self.before_change: list[Callable[[Edition], None]] = []
        self._held: tuple[Marks | None, Edition] | None = None
        self._seen_at, self._standby = -SILENT_AFTER, False
        self._candidate: int | None = None
        #: The release whose packs have been fetched ahead; none has the number 0.
        self._fetched: int | None = 0
        self._looked, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def edition(self) -> Edition | None:
        """The edition in force, if there is one."""
        held = self._held
        return held[1] if held else None

    def current(self) -> Edition:
        """Return the edition in force. Raises NothingYet, or DatabaseError where there is no thread to look."""
        if self._thread is None:
            self.look()
        else:
            self._looked.wait(_PATIENCE)
        if self._held is None:
            raise NothingYet()
        return self._held[1]

    def look(self) -> bool:
        """Ask the database whether there is anything new; take it and tell whether there was."""
        marks, coming = self._ask()
        if coming is None:
            return False
        for prepare in self.before_change:
            prepare(coming)
        self._held = marks, coming
        self._keep(coming)
        return True

    def fetch_ahead(self) -> None:
        """Bring the packs of a release that waits for its second person to the disk, a piece at each look."""
        if self._candidate != self._fetched:
            packs = editions.candidate_packs(self._candidate)
            if self.packs.fetch_ahead(packs, seconds=_AHEAD):
                self._fetched = self._candidate

    def _ask(self) -> tuple[Marks, Edition | None]:
        marks = editions.look()
        self._seen_at, self._standby = time.monotonic(), marks.standby
        self._candidate = marks.candidate
        known, before = self._held or (None, None)
        if known is not None and not marks.differ(known):
            return marks, None
        old = (known, before) if known is not None and before is not None else None
        return marks, editions.read(marks, self.packs, before=old, at=datetime.now(UTC))

    def writes(self) -> bool:
        """Tell whether the database took something in the last seconds, or would have."""
        return self._is_heard() and not self._standby

    def is_away(self) -> bool:
        """Tell whether the database is known not to answer, so that nobody need wait for it; unknown without a thread."""
        return self._thread is not None and self._looked.is_set() and not self._is_heard()

    def further_back(self) -> Edition:
        """Return the edition with every alert there ever was, read from the database."""
        return replace(self.current(), feed=feed.read(at=datetime.now(UTC), most=None))

    def load(self) -> None:
        """Take the edition that was last kept on disk, where none was read yet; what cannot be read counts for nothing."""
        if self.folder is None or self._held is not None:
            return
        with suppress(OSError, ValueError, LookupError, TypeError):
            plain = orjson.loads((self.folder / _FILE).read_bytes())
            # Its marks are not taken over: other software may have written it.
            kept = editions.from_plain(plain, self.packs)
            for prepare in self.before_change:
                prepare(kept)
            self._held = None, kept

    def start(self) -> None:
        """Look once a second from now on, in a thread; what is on disk answers until the first look."""
        assert self._thread is None
        self._thread = threading.Thread(target=self._run, name="library", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._over.set()
            self._thread.join(timeout=10)
            self._thread = None
            self._over.clear()
            self._looked.clear()

    def forget(self) -> None:
        """Empty the memory, for tests."""
        self._held, self._seen_at = None, -SILENT_AFTER
        self.packs.forget()

    def _is_heard(self) -> bool:
        return time.monotonic() - self._seen_at < SILENT_AFTER

    def _run(self) -> None:
        given = connection.settings_dict["OPTIONS"]
        options = {**given, **_HASTY, "options": f"{given.get('options', '')} {_STATEMENT_TIMEOUT}".strip()}
        # This thread's connection is its own, and so are its settings.
        connection.settings_dict = {**connection.settings_dict, "CONN_MAX_AGE": None, "OPTIONS": options}
        try:
            while not self._over.is_set():
                self._try()
                if self._held is None:
                    self.load()
                self._looked.set()
                self._over.wait(PAUSE)
        finally:
            connections.close_all()

    def _try(self) -> None:
        try:
            self.look()
            self.fetch_ahead()
        except Exception as error:
            # Whatever it was, the edition in force stays, and the next second is another one. No message: it may name hosts.
            if not self._looked.is_set() or self._is_heard():
                place = "".join(traceback.format_tb(error.__traceback__)[-1:]).strip()
                log.warning("cannot look for a new edition (%s): %s", type(error).__name__, place)
            with suppress(Exception):
                connection.close()

    def _keep(self, edition: Edition) -> None:
        if self.folder is None:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self.folder / _FILE, orjson.dumps(editions.to_plain(edition)))
            self.packs.drop_all_but(edition.places.values())
        except OSError as error:
            log.error("what readers get cannot be kept on disk (%s): it would not survive a restart", error.strerror)


def _folder() -> Path | None:
    return Path(settings.EDITION_DIR) if settings.EDITION_DIR else None


#: This process's.
library = Library(_folder())


def current() -> Edition:
    """Return the edition in force in this process."""
    return library.current()


def further_back() -> Edition:
    """Return it with every alert there ever was, read from the database."""
    return library.further_back()


def forget() -> None:
    """Empty this process's memory, for tests."""
    library.forget()
