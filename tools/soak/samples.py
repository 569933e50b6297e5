"""Memory, open files and database sessions of the product's processes over time, and how fast each grows."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

from tools.sandbox.processes import ManagedProcess, session_members

#: The part of a process's samples that is left out at their beginning, because caches fill then.
WARM_UP = 0.25
#: Minutes of which a median is shown, from the start of a process on.
PART = 15.0
#: Minutes that the other samples must cover for their slope to be judged; a shorter one is noise.
JUDGED_FROM = 15.0
#: Samples through which a line is drawn; of more, some are left out evenly.
MOST_SAMPLES = 200
#: Processes of the product. The emulator and PostgreSQL are no part of it.
PRODUCT = ("web", "console", "worker", "beat")


@dataclass
class Series:
    """Samples of one quantity: seconds on the clock of time.monotonic(), and the value."""

    samples: list[tuple[float, float]] = field(default_factory=list)

    def add(self, at: float, value: float) -> None:
        """Add a sample."""
        self.samples.append((at, value))

    def settled(self) -> list[tuple[float, float]]:
        """Return the samples after the warm-up."""
        if not self.samples:
            return []
        first, last = self.samples[0][0], self.samples[-1][0]
        return [sample for sample in self.samples if sample[0] >= first + WARM_UP * (last - first)]

    def minutes(self) -> float:
        """Return how many minutes the samples after the warm-up cover."""
        kept = self.settled()
        return (kept[-1][0] - kept[0][0]) / 60 if kept else 0.0

    def per_hour(self) -> float:
        """Return by how much the value grows in an hour, apart from one step."""
        return slope(self.settled()) * 3600

    def parts(self) -> list[float]:
        """Return the median of each PART minutes, the warm-up too; what is left at the end counts if it is half as long."""
        first = self.samples[0][0] if self.samples else 0.0
        by_part: dict[int, list[float]] = {}
        for at, value in self.samples:
            by_part.setdefault(int((at - first) / 60 / PART), []).append(value)
        parts = [by_part[number] for number in sorted(by_part)]
        if len(parts) > 1 and len(parts[-1]) < len(parts[-2]) / 2:
            parts.pop()
        return [median(part) for part in parts]

    def growth(self) -> float:
        """Return by how much the median of the last fifth is higher than that of the first fifth, after the warm-up."""
        values = [value for _, value in self.settled()]
        part = max(1, len(values) // 5)
        return median(values[-part:]) - median(values[:part]) if values else 0.0


class OpenFiles(NamedTuple):
    """The open files of a process, and how many of them are sockets: connections, mostly."""

    files: int
    sockets: int


@dataclass
class ProcessSamples:
    """What was sampled of one process."""

    name: str
    pid: int
    #: MiB (see `own_memory`).
    memory: Series = field(default_factory=Series)
    #: Also while it sends, when it has a connection to FCM for each request.
    files: Series = field(default_factory=Series)
    #: Open files each time that nothing was sent for a while and idle connections were closed.
    idle: list[OpenFiles] = field(default_factory=list)


class Samples:
    """All samples of a soak."""

    def __init__(self) -> None:
        self.processes: dict[int, ProcessSamples] = {}
        self.sessions = Series()

    def take(self, at: float, running: Sequence[ManagedProcess], sessions: int) -> None:
        """Sample every process of the product that runs, and the sessions that it has in the database."""
        self.sessions.add(at, sessions)
        for name, pid in _members(running):
            with suppress(OSError):
                memory, found = own_memory(pid), open_files(pid)
                of = self.processes.setdefault(pid, ProcessSamples(name, pid))
                of.memory.add(at, memory)
                of.files.add(at, found.files)

    def take_idle(self, seen: Sequence[dict[int, OpenFiles]]) -> None:
        """Note the open files of each process that was there in all of some looks, one second apart: the fewest count.

        A process opens a file or a connection for a moment also when it is idle.
        """
        for pid, process in self.processes.items():
            if seen and all(pid in look for look in seen):
                looks = [look[pid] for look in seen]
                process.idle.append(OpenFiles(min(look.files for look in looks), min(look.sockets for look in looks)))

    def longest(self) -> list[ProcessSamples]:
        """Return the processes that were sampled for longest, at most three of each name, in the order of names."""
        found = []
        for name in PRODUCT:
            own = [one for one in self.processes.values() if one.name == name and len(one.memory.samples) > 2]
            found += sorted(own, key=lambda one: -one.memory.minutes())[:3]
        return found


def files_of_all(running: Sequence[ManagedProcess]) -> dict[int, OpenFiles]:
    """Return the open files of every process of the product, by process id."""
    found = {}
    for _, pid in _members(running):
        with suppress(OSError):
            found[pid] = open_files(pid)
    return found


def _members(running: Sequence[ManagedProcess]) -> list[tuple[str, int]]:
    return [(one.name, member.pid) for one in running if one.name in PRODUCT for member in session_members(one.pid)]


def own_memory(pid: int) -> float:
    """Return the memory of a process in MiB without that of files; OSError if it has ended.

    What it shares with its parent counts as its own (RssAnon and RssShmem of https://docs.kernel.org/filesystems/proc.html):
    otherwise each shared page that it writes to for the first time would be growth, although it has asked for no more memory.
    Pages of files, such as libraries, are left out, because the kernel drops and reads them as it likes.
    """
    kinds = re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if not kinds:
        raise ProcessLookupError(pid)
    return sum(map(int, kinds)) / 1024


def open_files(pid: int) -> OpenFiles:
    """Return the open files of a process; OSError if it has ended."""
    targets = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        # It may have been closed meanwhile.
        with suppress(FileNotFoundError):
            targets.append(os.readlink(entry))
    return OpenFiles(len(targets), sum(target.startswith("socket:") for target in targets))


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the line with the least squares that may take one step; 0 for fewer than two moments.

    A table that doubles is a step of 2 MiB, which a line without one takes for 6 MiB an hour and more within half an hour.
    """
    kept = samples[:: len(samples) // MOST_SAMPLES + 1]
    fits = [_common_slope(kept[:place], kept[place:]) for place in range(len(kept))]
    return min(fits)[1] if fits else 0.0


def _common_slope(*parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the squared errors of lines with the same slope through some parts, and that slope."""
    from_means = []
    for part in filter(None, parts):
        mean_at, mean = fmean(at for at, _ in part), fmean(value for _, value in part)
        from_means += [(at - mean_at, value - mean) for at, value in part]
    spread = sum(at**2 for at, _ in from_means)
    found = sum(at * value for at, value in from_means) / spread if spread else 0.0
    return sum((value - found * at) ** 2 for at, value in from_means), found
