"""Memory, open files and database sessions of the product's processes over time, and how fast each grows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from tools.sandbox.processes import ManagedProcess, session_members

#: The part of a process's samples that is left out at their beginning, because caches fill then.
WARM_UP = 0.25
#: Minutes that the other samples must cover for their slope to be judged; a shorter one is noise.
JUDGED_FROM = 15.0
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
        """Return by how much the value grows in an hour: the slope of the line with the least squares."""
        return slope(self.settled()) * 3600

    def growth(self) -> float:
        """Return by how much the median of the last fifth is higher than that of the first fifth, after the warm-up."""
        values = [value for _, value in self.settled()]
        part = max(1, len(values) // 5)
        return median(values[-part:]) - median(values[:part]) if values else 0.0


@dataclass
class ProcessSamples:
    """What was sampled of one process."""

    name: str
    pid: int
    #: MiB; memory that processes share counts in proportion.
    memory: Series = field(default_factory=Series)
    files: Series = field(default_factory=Series)


class Samples:
    """All samples of a soak."""

    def __init__(self) -> None:
        self.processes: dict[int, ProcessSamples] = {}
        self.sessions = Series()

    def take(self, at: float, running: Sequence[ManagedProcess], sessions: int) -> None:
        """Sample every process of the product that runs, and the sessions that it has in the database."""
        self.sessions.add(at, sessions)
        for process in running:
            if process.name not in PRODUCT:
                continue
            for member in session_members(process.pid):
                with suppress(OSError, psutil.Error):
                    memory, files = proportional_memory(member.pid), member.num_fds()
                    of = self.processes.setdefault(member.pid, ProcessSamples(process.name, member.pid))
                    of.memory.add(at, memory)
                    of.files.add(at, files)

    def longest(self) -> list[ProcessSamples]:
        """Return the processes that were sampled for longest, at most three of each name, in the order of names."""
        found = []
        for name in PRODUCT:
            own = [one for one in self.processes.values() if one.name == name and len(one.memory.samples) > 2]
            found += sorted(own, key=lambda one: -one.memory.minutes())[:3]
        return found


def proportional_memory(pid: int) -> float:
    """Return the memory of a process in MiB; what it shares with others counts in proportion (Pss). OSError if it has ended."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    if found is None:
        raise ProcessLookupError(pid)
    return int(found[1]) / 1024


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the line with the least squares; 0 for fewer than two moments."""
    if len(samples) < 2:
        return 0.0
    mean_at = sum(at for at, _ in samples) / len(samples)
    mean = sum(value for _, value in samples) / len(samples)
    spread = sum((at - mean_at) ** 2 for at, _ in samples)
    return sum((at - mean_at) * (value - mean) for at, value in samples) / spread if spread else 0.0
