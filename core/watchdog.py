"""Run a worker or beat and end it when it is stuck: `python -m core.watchdog worker COMMAND …`.

Whatever started the watchdog starts it again: Docker's restart policy, systemd, Kubernetes. It goes by signs of life
(core.heartbeats) and by its own clock, so that a machine that was suspended, or whose clock was set, ends nothing.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from core import heartbeats

#: Seconds between two looks, and those that one look adds at the most: a watchdog that was starved itself blames nobody.
_LOOK_INTERVAL, _MOST_PER_LOOK = 0.5, 1.0


class Watched(Protocol):
    """A process that leads a session of its own."""

    @property
    def pid(self) -> int:
        """The id of the process."""


class Watch:
    """Look again and again; a sign counts as new when its file has changed, whatever the clock of the machine says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: By id of the process that gives them: its last sign, and the seconds since it was new.
        self._silences: dict[int, tuple[int, float]] = {}
        #: By id of the leader of the session: when it was last looked at.
        self._looked_at: dict[int, float] = {}

    def is_stuck(self, role: str, process: Watched, *, now: float) -> bool:
        """Return whether a process of this session has given no sign for too long; `now` is a time.monotonic() value."""
        passed = min(now - self._looked_at.get(process.pid, now), _MOST_PER_LOOK)
        self._looked_at[process.pid] = now
        stuck = False
        for sign in heartbeats.signs(role, of=self._folder):
            if _session(sign.pid) != process.pid:
                continue
            written_at, silence = self._silences.get(sign.pid, (0, 0.0))
            silence = silence + passed if sign.written_at == written_at else 0.0
            self._silences[sign.pid] = sign.written_at, silence
            stuck = stuck or silence >= heartbeats.STUCK_AFTER[role]
        return stuck

    def forget(self) -> None:
        """Begin anew, because processes were ended."""
        self._silences.clear()
        self._looked_at.clear()


def run(role: str, command: Sequence[str]) -> int:
    """Run the command until it ends or is stuck; return its exit status, or 1 for one that was stuck."""
    process = subprocess.Popen(command, start_new_session=True)  # noqa: S603  (what the entrypoint names)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: process.send_signal(received))
    watch = Watch(heartbeats.folder())
    _notify("READY=1")
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_INTERVAL)
        if watch.is_stuck(role, process, now=time.monotonic()):
            print(f"The {role} is stuck and is ended.", file=sys.stderr, flush=True)  # noqa: T201
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return 1
        _notify("WATCHDOG=1")


def _notify(state: str) -> None:
    """Tell systemd, where it has started this process: https://www.freedesktop.org/software/systemd/man/sd_notify.html."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.sendto(state.encode(), f"\0{address[1:]}" if address.startswith("@") else address)


def _session(pid: int) -> int | None:
    with suppress(OSError):
        return os.getsid(pid)
    return None


def main(arguments: Sequence[str]) -> int:
    """Run the command of a role."""
    if len(arguments) < 2 or arguments[0] not in heartbeats.STUCK_AFTER:
        print(f"Give a role ({' or '.join(heartbeats.STUCK_AFTER)}) and its command.", file=sys.stderr)  # noqa: T201
        return 2
    return run(arguments[0], arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
