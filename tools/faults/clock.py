"""A clock that is wrong on purpose for single processes, by Debian's libfaketime. Their monotonic clock stays right."""

from __future__ import annotations

import os
from pathlib import Path

#: The library for programs with threads, and the one for others.
_THREADS, _PLAIN = "libfaketimeMT.so.1", "libfaketime.so.1"
#: A folder with a sitecustomize.py.
_SLEEPING = Path(__file__).with_name("sleeping")


class WrongClock:
    """How far the clock of some processes is off. It can be changed while they run."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, seconds: float) -> None:
        """Let the clock differ from the machine's by so many seconds; the processes follow within half a second."""
        draft = self._file.with_name(self._file.name + ".new")
        draft.write_text(f"{seconds:+g}\n")
        draft.chmod(0o644)
        draft.replace(self._file)

    def environment(self, *, threads: bool) -> dict[str, str]:
        """Return the environment of a process with this clock."""
        name = _THREADS if threads else _PLAIN
        library = next(Path("/usr/lib").glob(f"*/faketime/{name}"))
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": os.pathsep.join([str(_SLEEPING), *filter(None, [os.environ.get("PYTHONPATH")])]),
        }
