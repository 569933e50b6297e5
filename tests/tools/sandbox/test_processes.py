"""Processes of a sandbox end with it, and a start after a hard kill ends what was left, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.sandbox.paths import Places, write_json
from tools.sandbox.processes import Child, Interrupts, Processes, _table, stop_leftovers
from tools.sandbox.supervisor import sweep

#: A parent that ignores SIGTERM, with a child of its own that does too.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
open(f"{os.environ['MARK']}/{os.getpid()}", "w").close()
time.sleep(60)
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places(root=tmp_path, run=tmp_path / "run")
    made.make()
    return made


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    before = {number: signal.getsignal(number) for number in Interrupts.SIGNALS}
    yield Interrupts()
    for number, handler in before.items():
        signal.signal(number, handler)


def stubborn(places: Places, patience: float = 0.3) -> Child:
    mark = places.run / "marks"
    mark.mkdir(exist_ok=True)
    command = [sys.executable, "-c", STUBBORN]
    return Child("stubborn", command, {"MARK": str(mark)}, places.logs / "stubborn.log", cwd="/", patience=patience)


def both(places: Places) -> list[int]:
    """Wait for parent and child, and return their ids."""
    deadline = time.monotonic() + 10
    while len(found := list((places.run / "marks").iterdir())) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(path.name) for path in found]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


@pytest.mark.parametrize(("gives_way", "nice"), [(True, 10), (False, 0)])
def test_what_gives_way_does_so_in_its_session_too(places: Places, interrupts: Interrupts, gives_way: bool, nice: int) -> None:
    processes, own = Processes(places, interrupts), os.getpriority(os.PRIO_PROCESS, 0)
    child = Child("sleeper", ["sleep", "60"], {}, places.logs / "sleeper.log", cwd="/", gives_way=gives_way)

    processes.start(child)

    deadline = time.monotonic() + 10
    while Path(f"/proc/{child.pid}/comm").read_text() != "sleep\n":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    session = Path(f"/proc/{child.pid}/autogroup")
    # Not every kernel groups by session.
    weight = session.read_text().strip() if session.exists() else ""
    lowered = os.getpriority(os.PRIO_PROCESS, child.pid) - own
    processes.stop()
    assert lowered == nice
    assert weight == "" or weight.endswith(f" nice {nice}")


def test_stopping_ends_a_child_that_will_not_and_its_own_children(places: Places, interrupts: Interrupts) -> None:
    processes = Processes(places, interrupts)
    processes.start(stubborn(places))
    pids = both(places)

    processes.stop()

    assert [pid for pid in pids if alive(pid)] == []
    assert not processes.record.exists()


def test_what_a_killed_run_left_is_ended_by_the_next(places: Places, interrupts: Interrupts) -> None:
    child = Processes(places, interrupts).start(stubborn(places))
    pids = both(places)

    found = stop_leftovers(places)

    assert found == ["stubborn"]
    child.poll()
    assert [pid for pid in pids if alive(pid)] == []


def test_children_of_a_leftover_that_died_itself_are_ended_too(places: Places, interrupts: Interrupts) -> None:
    child = Processes(places, interrupts).start(stubborn(places))
    pids = both(places)
    os.kill(child.pid, signal.SIGKILL)
    assert child.process is not None
    child.process.wait()

    found = stop_leftovers(places)

    assert found == ["stubborn"]
    assert [pid for pid in pids if alive(pid)] == []


def test_one_that_was_started_and_not_yet_written_down_is_ended_too(places: Places, interrupts: Interrupts) -> None:
    processes = Processes(places, interrupts)
    child = processes.start(stubborn(places))
    pids = both(places)
    processes.record.unlink()

    found = stop_leftovers(places)

    assert found == ["a process"]
    child.poll()
    assert [pid for pid in pids if alive(pid)] == []


def test_another_sandboxes_processes_are_left_alone(places: Places, interrupts: Interrupts, tmp_path: Path) -> None:
    processes = Processes(places, interrupts)
    child = processes.start(stubborn(places))
    both(places)
    other = Places(root=tmp_path, run=tmp_path / "ru")
    other.make()

    found = stop_leftovers(other)

    assert found == []
    assert child.poll() is None
    processes.stop()


def test_a_stranger_with_the_same_process_id_is_left_alone(places: Places) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    write_json(places.run / "processes.json", {"boot": boot, "processes": [{"name": "web", "pid": stranger.pid, "born": "1"}]})

    found = stop_leftovers(places)

    assert found == []
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_list_from_before_a_restart_of_the_machine_counts_for_nothing(places: Places) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    rows = [{"name": "web", "pid": stranger.pid, "born": _table()[stranger.pid][0]}]
    write_json(places.run / "processes.json", {"boot": "another", "processes": rows})

    found = stop_leftovers(places)

    assert found == []
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_an_interrupt_while_a_process_is_being_written_down_waits(interrupts: Interrupts) -> None:
    seen = []

    def write_down() -> None:
        with interrupts.held():
            os.kill(os.getpid(), signal.SIGTERM)
            seen.append("written down")

    with pytest.raises(KeyboardInterrupt):
        write_down()

    assert seen == ["written down"]


def test_a_second_interrupt_does_not_disturb_the_stop(interrupts: Interrupts) -> None:
    interrupts.ignore()

    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)


def test_sweeping_takes_old_wake_ups_a_bounded_number_at_a_time(tmp_path: Path) -> None:
    old, new = time.time() - 100, time.time()
    for index in range(6):
        path = tmp_path / f"{index}.msg"
        path.touch()
        os.utime(path, (old, old) if index < 5 else (new, new))

    first, second, third = (sweep(tmp_path, older_than=30, at_most=3) for _ in range(3))

    assert (first, second, third) == (3, 2, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["5.msg"]


def test_sweeping_a_folder_that_is_not_there_yet_is_harmless(tmp_path: Path) -> None:
    assert sweep(tmp_path / "processed") == 0
