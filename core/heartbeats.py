"""Files by which the processes of a role show that they run: `python -m core.heartbeats worker` is a cheap health check.

It imports neither Django nor the settings and asks no database, so that a worker is not restarted because a database is away:
it may hold outcomes that are written nowhere else.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: Seconds without a sign of life after which a process counts as stuck, by role. A beat that waits for its broker is silent.
STUCK_AFTER = {"worker": 12.0, "beat": 60.0}
#: Seconds between two signs of life.
INTERVAL = 1.0


@dataclass(frozen=True)
class Sign:
    """The last sign of life of one process that still exists."""

    pid: int
    #: As the file system records it, in nanoseconds since 1970.
    written_at: int

    def age(self, *, now: float) -> float:
        """Return how many seconds ago the sign was given; never negative, because a clock may be set back."""
        return max(0.0, now - self.written_at / 1e9)


def folder() -> Path:
    """Return the folder of the files: HEARTBEAT_DIR, or one in the system's folder for temporary files."""
    given = os.environ.get("HEARTBEAT_DIR", "").strip()
    return Path(given) if given else Path(tempfile.gettempdir()) / f"fingerpost-heartbeats-{os.getuid()}"


def give(role: str) -> None:
    """Give a sign of life of this process. A file that cannot be written changes nothing but the health check."""
    with suppress(OSError):
        path = folder() / f"{role}-{os.getpid()}"
        try:
            os.utime(path)
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)


def end(role: str) -> None:
    """Remove this process's file, because it ends in an orderly way."""
    with suppress(OSError):
        (folder() / f"{role}-{os.getpid()}").unlink(missing_ok=True)


def signs(role: str, *, of: Path | None = None) -> Iterator[Sign]:
    """Yield the last sign of each running process of a role; remove the files of those that have ended."""
    for path in sorted((of or folder()).glob(f"{role}-*")):
        with suppress(OSError, ValueError):
            pid = int(path.name.rpartition("-")[2])
            if _exists(pid):
                yield Sign(pid, path.stat().st_mtime_ns)
            else:
                path.unlink()


def fault(role: str, *, now: float) -> str | None:
    """Return in one sentence why a role is unhealthy on this machine; None if it is healthy."""
    found = list(signs(role))
    if not found:
        return f"No {role} process has shown that it runs."
    oldest = max(found, key=lambda sign: sign.age(now=now))
    if oldest.age(now=now) <= STUCK_AFTER[role]:
        return None
    return f"The {role} process {oldest.pid} has been silent for {oldest.age(now=now):.0f} s."


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(arguments: Sequence[str]) -> int:
    """Print the fault of the role that is named and return 1; return 0 for a healthy one."""
    if len(arguments) != 1 or arguments[0] not in STUCK_AFTER:
        print(f"Name one role: {' or '.join(STUCK_AFTER)}.", file=sys.stderr)  # noqa: T201
        return 2
    found = fault(arguments[0], now=time.time())
    if found is not None:
        print(found, file=sys.stderr)  # noqa: T201
    return 0 if found is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
