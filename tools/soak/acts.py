"""What a soak does to the product at random: processes end, and the database ends their connections."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress

from tools.sandbox.processes import ManagedProcess, kill_group
from tools.soak.database import Database

#: Given the product's running processes by name, and its database.
Act = Callable[[dict[str, ManagedProcess], Database], None]


def _kill(name: str) -> Act:
    return lambda running, database: kill_group(running[name].pid)


def _terminate_worker(running: dict[str, ManagedProcess], database: Database) -> None:
    # Orderly: it settles what it holds.
    with suppress(ProcessLookupError):
        os.kill(running["worker"].pid, signal.SIGTERM)


def _end_connections(running: dict[str, ManagedProcess], database: Database) -> None:
    database.end_connections()


ACTS: dict[str, Act] = {
    "kill the worker": _kill("worker"),
    "stop the worker": _terminate_worker,
    "kill the beat": _kill("beat"),
    "kill the web process": _kill("web"),
    "end all connections": _end_connections,
}
