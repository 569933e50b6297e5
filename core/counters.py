"""Counters that the processes of one server share, so that each of them can report the sum: they only grow, and name nobody.

Each process writes a small file of its own in the folder that `config.serve` makes for its processes, and reads all of them. The
file of a process that has ended stays until the server ends, so that no sum falls. Without that folder, as in a management
command, a process counts in its own memory.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_BYTES = 8


def folder_of(server: int) -> Path:
    """Return the folder of the processes that the process with this id has started."""
    return Path(tempfile.gettempdir()) / f"fingerpost-counters-{os.getuid()}-{server}"


@contextmanager
def shared_folder() -> Iterator[None]:
    """Make the folder for the processes that this one starts, and remove it in the end."""
    folder = folder_of(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    # Without it each process counts for itself alone, and readers are served all the same.
    with suppress(OSError):
        folder.mkdir(mode=0o700)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Counters:
    """Numbers by name. The names are given once, so that nothing that a client sends can add one."""

    def __init__(self, title: str, names: Sequence[str], *, folder: Path | None = None) -> None:
        """Prepare the counters; `title` and the names tell the files of different counters apart."""
        self._places = {name: place for place, name in enumerate(names)}
        self._size = _BYTES * len(names)
        self._kind = f"{title}-{hashlib.sha256(chr(10).join(names).encode()).hexdigest()[:8]}"
        self._folder = folder if folder is not None else folder_of(os.getppid())
        self._lock = threading.Lock()
        self._values = memoryview(self._memory()).cast("Q")

    def add(self, name: str) -> None:
        """Count one more. Raises KeyError for a name that was not given."""
        place = self._places[name]
        with self._lock:
            self._values[place] += 1

    def totals(self) -> Mapping[str, int]:
        """Return the sums of all processes by name, without those that are 0."""
        sums = list(self._values)
        for other in self._others():
            sums = [mine + theirs for mine, theirs in zip(sums, other, strict=True)]
        return {name: sums[place] for name, place in self._places.items() if sums[place]}

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._kind}-{os.getpid()}"

    def _memory(self) -> mmap.mmap:
        try:
            # A folder of somebody else would let them read and change the figures.
            if self._folder.stat().st_uid == os.getuid():
                with self._path.open("a+b") as file:
                    file.truncate(self._size)
                    return mmap.mmap(file.fileno(), self._size)
        except OSError:
            pass
        return mmap.mmap(-1, self._size)

    def _others(self) -> Iterator[memoryview]:
        for path in sorted(self._folder.glob(f"{self._kind}-*")):
            if path != self._path:
                with suppress(OSError):
                    found = path.read_bytes()
                    if len(found) == self._size:
                        yield memoryview(found).cast("Q")
