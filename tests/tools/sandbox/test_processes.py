"""A sandbox's processes end with it. A start after kill -9 ends what was left behind, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths, write_json
from tools.sandbox.processes import ManagedProcess, ManagedProcesses, stop_leftovers
from tools.sandbox.supervisor import remove_processed

#: A parent that ignores SIGTERM, with a child that does so too.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
open(f"{os.environ['MARKS']}/{os.getpid()}", "w").close()
time.sleep(60)
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(root=tmp_path, run=tmp_path / "run")
    made.create()
    return made


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    before = {number: signal.getsignal(number) for number in Interrupts.SIGNALS}
    yield Interrupts()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that no sandbox started."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def stubborn(paths: Paths, stop_timeout: float = 0.3) -> ManagedProcess:
    marks = paths.run / "marks"
    marks.mkdir(exist_ok=True)
    command = [sys.executable, "-c", STUBBORN]
    environment = {"MARKS": str(marks)}
    return ManagedProcess("stubborn", command, environment, paths.logs / "stubborn.log", cwd="/", stop_timeout=stop_timeout)


def parent_and_child(paths: Paths) -> list[int]:
    """Wait for both processes of STUBBORN; return their ids."""
    deadline = time.monotonic() + 30
    while len(found := list((paths.run / "marks").iterdir())) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(path.name) for path in found]


def running(pids: list[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def test_stopping_kills_a_process_that_ignores_sigterm_and_its_child(paths: Paths, interrupts: Interrupts) -> None:
    processes = ManagedProcesses(paths, interrupts)
    processes.start(stubborn(paths))
    pids = parent_and_child(paths)

    processes.stop()

    assert running(pids) == []
    assert not processes.record.exists()


@pytest.mark.slow
def test_the_next_start_ends_what_a_killed_run_left_behind(paths: Paths, interrupts: Interrupts) -> None:
    process = ManagedProcesses(paths, interrupts).start(stubborn(paths))
    pids = parent_and_child(paths)

    found = stop_leftovers(paths)

    assert found == ["stubborn"]
    process.poll()
    assert running(pids) == []


def test_children_of_a_leftover_that_has_died_are_ended_too(paths: Paths, interrupts: Interrupts) -> None:
    process = ManagedProcesses(paths, interrupts).start(stubborn(paths))
    pids = parent_and_child(paths)
    os.kill(process.pid, signal.SIGKILL)
    assert process.process is not None
    process.process.wait()

    found = stop_leftovers(paths)

    assert found == ["a process"]
    assert running(pids) == []


@pytest.mark.slow
def test_a_process_that_was_started_but_not_recorded_is_ended_too(paths: Paths, interrupts: Interrupts) -> None:
    processes = ManagedProcesses(paths, interrupts)
    process = processes.start(stubborn(paths))
    pids = parent_and_child(paths)
    processes.record.unlink()

    found = stop_leftovers(paths)

    assert found == ["a process"]
    process.poll()
    assert running(pids) == []


def test_the_processes_of_another_sandbox_are_left_alone(paths: Paths, interrupts: Interrupts, tmp_path: Path) -> None:
    processes = ManagedProcesses(paths, interrupts)
    process = processes.start(stubborn(paths))
    parent_and_child(paths)
    other = Paths(root=tmp_path, run=tmp_path / "ru")
    other.create()

    found = stop_leftovers(other)

    assert found == []
    assert process.poll() is None
    processes.stop()


def test_a_later_process_with_a_recorded_id_is_left_alone(paths: Paths, stranger: subprocess.Popen[bytes]) -> None:
    earlier = psutil.Process(stranger.pid).create_time() - 60
    write_json(paths.run / "processes.json", {"processes": [{"name": "web", "pid": stranger.pid, "created": earlier}]})

    found = stop_leftovers(paths)

    assert found == []
    assert stranger.poll() is None


def test_an_interrupt_is_deferred_while_a_process_is_being_recorded(interrupts: Interrupts) -> None:
    done = []

    def record() -> None:
        with interrupts.deferred():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("recorded")

    with pytest.raises(KeyboardInterrupt):
        record()

    assert done == ["recorded"]


def test_a_second_interrupt_does_not_disturb_stopping(interrupts: Interrupts) -> None:
    interrupts.ignore()

    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)


def test_old_broker_messages_are_removed_a_few_at_a_time(tmp_path: Path) -> None:
    old, new = time.time() - 100, time.time()
    for index in range(6):
        path = tmp_path / f"{index}.msg"
        path.touch()
        os.utime(path, (old, old) if index < 5 else (new, new))

    first, second, third = (remove_processed(tmp_path, older_than=30, limit=3) for _ in range(3))

    assert (first, second, third) == (3, 2, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["5.msg"]


def test_a_missing_broker_folder_is_no_error(tmp_path: Path) -> None:
    assert remove_processed(tmp_path / "processed") == 0
