"""One run at a time in a run folder. The lock is held by the process, so a killed run never leaves it behind."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tools.sandbox.paths import Paths, read_json
from tools.sandbox.terminal import UserError


@contextmanager
def hold_run_folder(paths: Paths, command: str) -> Iterator[None]:
    """Lock the run folder for this process. UserError while another process holds it."""
    with (paths.run / "lock").open("a+") as file:
        if not _try_lock(file):
            raise _already_running(paths)
        file.truncate(0)
        json.dump({"pid": os.getpid(), "command": command}, file)
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def is_held(paths: Paths) -> bool:
    """Return whether another process holds the run folder."""
    try:
        with (paths.run / "lock").open() as file:
            return not _try_lock(file)
    except OSError:
        return False


def refuse_if_held(paths: Paths) -> None:
    """Raise UserError if another process holds the run folder."""
    if is_held(paths):
        raise _already_running(paths)


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _already_running(paths: Paths) -> UserError:
    pid = read_json(paths.run / "lock").get("pid", "unknown")
    return UserError(
        f"Fingerpost is already running here (process {pid}). Stop it first, or set FINGERPOST_RUN_DIR and PORT for a second one."
    )
