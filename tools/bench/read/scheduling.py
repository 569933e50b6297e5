"""How long processes wait for a processor while readers are served, from the kernel's own account.

/proc/PID/task/TID/schedstat has three numbers: nanoseconds on a processor, nanoseconds of waiting for one while there was work
to do, and how often it ran (https://docs.kernel.org/scheduler/sched-stats.html).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tools.sandbox.processes import session_members

#: Seconds between two readings; what a process does in its last ones is not seen.
_EVERY = 0.25


@dataclass
class Times:
    """Seconds on a processor and waiting for one."""

    ran: float = 0.0
    waited: float = 0.0

    def __add__(self, other: Times) -> Times:
        return Times(self.ran + other.ran, self.waited + other.waited)

    def __sub__(self, other: Times) -> Times:
        return Times(self.ran - other.ran, self.waited - other.waited)


@dataclass
class Account:
    """The times of groups of processes during one measurement of `seconds`."""

    seconds: float = 0.0
    by_group: dict[str, Times] = field(default_factory=dict)

    def __add__(self, other: Account) -> Account:
        names = [*self.by_group, *(name for name in other.by_group if name not in self.by_group)]
        both = {name: self.by_group.get(name, Times()) + other.by_group.get(name, Times()) for name in names}
        return Account(self.seconds + other.seconds, both)

    def words(self, requests: float) -> str:
        """Return the waiting by request of web and load generator, and each group's share of the machine."""
        cores = os.cpu_count() or 1
        shares = ", ".join(f"{name} {100 * one.ran / self.seconds / cores:.0f} %" for name, one in self.by_group.items())
        waits = ", ".join(
            f"{name} {self.by_group[name].waited * 1e6 / max(1.0, requests):.0f} µs"
            for name in ("web", "load generator")
            if name in self.by_group
        )
        return f"waiting for a processor by request: {waits}; share of all cores: {shares}"


@contextmanager
def account(groups: dict[str, Callable[[], Iterable[int]]]) -> Iterator[Account]:
    """Keep the account of groups of processes, each given by a function that returns their ids, which may change."""
    found, over = Account(), threading.Event()
    first: dict[tuple[str, int, int], Times] = {}
    last: dict[tuple[str, int, int], Times] = {}

    def look() -> None:
        begin = not first
        for name, pids in groups.items():
            for pid in pids():
                for thread, times in thread_times(pid):
                    key = (name, pid, thread)
                    # A thread that began later began at zero.
                    first.setdefault(key, times if begin else Times())
                    last[key] = times

    def keep_looking() -> None:
        while not over.wait(_EVERY):
            look()

    look()
    begun = time.monotonic()
    looking = threading.Thread(target=keep_looking)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()
        found.seconds = time.monotonic() - begun
        for name in groups:
            total = Times()
            for key, times in last.items():
                if key[0] == name:
                    total += times - first[key]
            found.by_group[name] = total


def thread_times(pid: int) -> Iterator[tuple[int, Times]]:
    """Yield each thread of a process with its times so far; nothing once it has ended."""
    with suppress(OSError):
        for path in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                ran, waited, _ = (path / "schedstat").read_text().split()
                yield int(path.name), Times(int(ran) / 1e9, int(waited) / 1e9)


def session(leader: int) -> Callable[[], list[int]]:
    """Return a function that returns the processes of a session."""
    found: list[int] = []

    def members() -> list[int]:
        if not found:
            found.extend(member.pid for member in session_members(leader))
        return found

    return members


def children(leader: int) -> Callable[[], list[int]]:
    """Return a function that returns a process and its present children, as PostgreSQL's, which lead sessions of their own."""

    def members() -> list[int]:
        try:
            return [leader, *(child.pid for child in psutil.Process(leader).children())]
        except psutil.Error:
            return []

    return members


def load_generators() -> list[int]:
    """Return the running wrk processes that this one has started."""
    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process().children() if child.name() == "wrk"]
    return []


def why_not_idle() -> str | None:
    """Return why `set_policy` would not do what is measured, or None."""
    if os.geteuid() != 0:
        return "only root may take SCHED_IDLE back"
    with suppress(OSError):
        if Path("/proc/sys/kernel/sched_autogroup_enabled").read_text().strip() != "0":
            return "the kernel weighs sessions before processes (kernel.sched_autogroup_enabled is 1)"
    return None


def set_policy(pids: Iterable[int], policy: int) -> None:
    """Set the policy of all threads: SCHED_IDLE gives way at once to any thread of SCHED_OTHER that wakes (sched(7))."""
    for pid in pids:
        for thread, _ in thread_times(pid):
            with suppress(ProcessLookupError):
                os.sched_setscheduler(thread, policy, os.sched_param(0))
