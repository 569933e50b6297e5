"""The latest state of the database that workers have seen, in a small file outside of it.

Workers forget it when all of them are stopped, and the broker when it is emptied. The file is for a restore that is done then.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

from django.conf import settings

from notifications.delivery.restores import DatabaseState, seen

NAME = "database-state.json"

_logger = logging.getLogger(__name__)


class StateFile:
    """The file in one folder, which all workers of a machine may share."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._written: DatabaseState | None = None
        self._failed = False

    def read(self) -> DatabaseState | None:
        """Return the state in the file; None if there is none, or if the file is damaged."""
        try:
            identity, *numbers = json.loads(self._path.read_text("utf-8"))
            return DatabaseState(str(identity), *map(int, numbers))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            _logger.warning("The latest state of the database cannot be read from %s: %s", self._path, type(error).__name__)
            return None

    def write(self, state: DatabaseState) -> None:
        """Replace the file, unless it holds a later state of the same database."""
        if state == self._written:
            return
        if (present := self.read()) is not None and not state.is_at_least(present):
            return
        # Each process and thread writes a file of its own; the last one to be renamed stays.
        draft = self._path.with_name(f".{NAME}.{os.getpid()}.{threading.get_ident()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(state), "utf-8")
            draft.replace(self._path)
            self._written, self._failed = state, False
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            if not self._failed:
                _logger.warning("The latest state of the database cannot be written to %s: %s", self._path, error.strerror)
            self._failed = True


@cache
def of_folder(folder: str) -> StateFile:
    """Return the file in a folder."""
    return StateFile(Path(folder))


def remember() -> None:
    """Write down the latest state that this process has seen; nothing without a folder."""
    state = seen().latest
    if settings.DATABASE_STATE_DIR and state is not None:
        of_folder(settings.DATABASE_STATE_DIR).write(state)


def recall() -> None:
    """Let this process know the state in the file, as if it had seen it."""
    if settings.DATABASE_STATE_DIR and (state := of_folder(settings.DATABASE_STATE_DIR).read()) is not None:
        seen().learn(list(state))
