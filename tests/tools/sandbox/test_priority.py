"""A sandbox's processes get a fair share of a busy machine. A worker that is starved sends nothing."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.tools.sandbox.runs import busy_loops
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.processes import ManagedProcess, ManagedProcesses

#: Processor seconds of the busy loops together after which the shares are compared.
ENOUGH = 4.0


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[ManagedProcess]:
    """A process of a sandbox that never waits."""
    before = {number: signal.getsignal(number) for number in Interrupts.SIGNALS}
    paths = Paths(root=tmp_path, run=tmp_path / "run")
    paths.create()
    processes = ManagedProcesses(paths, Interrupts())
    command = [sys.executable, "-c", "while True: pass"]
    yield processes.start(ManagedProcess("worker", command, {}, paths.logs / "worker.log", cwd="/", stop_timeout=0))
    processes.stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_a_process_gets_as_much_as_each_of_two_busy_loops(busy: ManagedProcess) -> None:
    with busy_loops(2, beside=[busy.pid]) as loops:
        before = {pid: cpu_seconds(pid) for pid in (busy.pid, *loops)}
        # Shares of processor time, not seconds of the clock: other work on the machine does not change them.
        while sum(cpu_seconds(pid) - before[pid] for pid in loops) < ENOUGH:
            time.sleep(0.05)
        used = {pid: cpu_seconds(pid) - start for pid, start in before.items()}

    assert used[busy.pid] > 0.6 * min(used[pid] for pid in loops)
