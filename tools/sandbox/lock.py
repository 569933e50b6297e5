"""One run at a time in one folder: the lock goes with its process, so a killed run never leaves it behind."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tools.sandbox.paths import Places, read_json
from tools.sandbox.terminal import Refused


@contextmanager
def only_run(places: Places, verb: str) -> Iterator[None]:
    """Hold the run folder for this process; refuse while another one holds it."""
    path = places.run / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = read_json(path).get("pid", "unknown")
            raise Refused(
                f"Fingerpost is running here already (process {pid}): stop that one first, or set FINGERPOST_RUN_DIR and PORT."
            ) from None
        file.truncate(0)
        json.dump({"pid": os.getpid(), "verb": verb}, file)
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def is_held(places: Places) -> bool:
    """Tell whether a run holds the folder at this moment."""
    try:
        with (places.run / "lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
