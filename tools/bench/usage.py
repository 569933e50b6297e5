"""Processor time and peak memory of processes with their children (Linux)."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import psutil

from tools.sandbox.processes import session_members


def process_family(pid: int) -> list[psutil.Process]:
    """Return a process and its direct children."""
    parent = psutil.Process(pid)
    return [parent, *parent.children()]


def cpu_seconds(pid: int) -> float:
    """Return the processor time in seconds of a process and its children, including children that have ended."""
    total = 0.0
    for member in process_family(pid):
        # When a child ends, its parent counts its time.
        with suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def peak_memory(pid: int) -> list[int]:
    """Return the peak resident memory in MB of a process and of each of its children; shared pages count in each."""
    return [peak for member in process_family(pid) if (peak := _peak(member.pid)) is not None]


def session_usage(leader: int) -> tuple[float, int]:
    """Return the processor time in seconds of a session's processes, and the highest peak memory in MB among them."""
    seconds, memory = 0.0, 0
    for member in session_members(leader):
        with suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            seconds += times.user + times.system
            memory = max(memory, _peak(member.pid) or 0)
    return seconds, memory


def _peak(pid: int) -> int | None:
    with suppress(OSError):
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(peak[1]) // 1024 if peak else None
    return None
