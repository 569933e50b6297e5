"""What processes use: CPU seconds and peak memory of a whole family, as the kernel counts them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def family(pid: int) -> list[int]:
    """Return a process and its children."""
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [pid, *map(int, children.stdout.split())]


def cpu(pid: int) -> float:
    """Return the CPU seconds of a process and its children, those that have ended included."""
    ticks = 0
    for member in family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            # It ended in between; its parent counts it from now on.
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def peaks(pid: int) -> list[int]:
    """Return the peak resident memory of a process and of each of its children, in MB; what they share counts in each."""
    found = []
    for member in family(pid):
        try:
            lines = Path(f"/proc/{member}/status").read_text().splitlines()
        except OSError:
            continue
        found += [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")]
    return found
