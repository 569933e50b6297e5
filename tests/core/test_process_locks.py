"""Locked files: the end of a process is seen at once, and nothing else is taken for it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import process_locks
from core.process_locks import ProcessLocks, file_system
from tests.locking_processes import LockingProcess


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "holders"


@pytest.fixture
def other(folder: Path) -> Iterator[Callable[..., LockingProcess]]:
    started: list[LockingProcess] = []

    def start(**options: bool) -> LockingProcess:
        started.append(LockingProcess(folder, **options))
        return started[-1]

    yield start
    for one in started:
        one.process.communicate()


def test_a_process_is_seen_to_have_ended_when_it_has_been_killed_and_not_before(
    folder: Path, other: Callable[..., LockingProcess]
) -> None:
    locks, killed, lives = ProcessLocks(folder), other(), other()
    before = locks.ended()

    killed.kill()

    assert before == []
    assert locks.ended() == [killed.number]
    assert locks.own() not in {killed.number, lives.number}
    assert locks.ended() == [killed.number]


def test_a_process_that_ends_by_itself_is_seen_as_well(folder: Path, other: Callable[..., LockingProcess]) -> None:
    ended = other()

    ended.process.communicate()

    assert ProcessLocks(folder).ended() == [ended.number]


def test_a_process_that_stands_still_has_not_ended(folder: Path, other: Callable[..., LockingProcess]) -> None:
    stopped = other()
    stopped.process.send_signal(signal.SIGSTOP)
    try:
        os.waitid(os.P_PID, stopped.process.pid, os.WSTOPPED | os.WNOWAIT)

        assert ProcessLocks(folder).ended() == []
    finally:
        stopped.process.send_signal(signal.SIGCONT)


def test_a_child_has_an_id_of_its_own_and_does_not_outlast_that_of_its_parent(
    folder: Path, other: Callable[..., LockingProcess]
) -> None:
    parent = other(forks=True)
    child = parent.next_number()
    locks = ProcessLocks(folder)
    both_live = locks.ended()

    parent.kill()

    assert child != parent.number
    assert both_live == []
    assert locks.ended() == [parent.number]


def test_those_who_look_at_the_same_time_do_not_take_one_another_for_the_owner(
    folder: Path, other: Callable[..., LockingProcess]
) -> None:
    killed = other()
    killed.kill()
    with (folder / f"{killed.number}.lock").open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)

        assert ProcessLocks(folder).ended() == [killed.number]


def test_a_copy_and_a_file_of_an_earlier_start_of_the_machine_say_nothing(
    folder: Path, tmp_path: Path, other: Callable[..., LockingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    lives, killed = other(), other()
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    killed.kill()
    of_copies = ProcessLocks(copied).ended()
    boot = tmp_path / "boot_id"
    boot.write_text("another start\n")

    monkeypatch.setattr(process_locks, "_BOOT_ID", boot)

    assert lives.number
    assert of_copies == []
    assert ProcessLocks(folder).ended() == []


def test_the_file_of_a_process_that_has_ended_is_removed_after_a_minute(
    folder: Path, other: Callable[..., LockingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    locks, killed, now = ProcessLocks(folder), other(), time.monotonic()
    own = locks.own()
    killed.kill()

    found = []
    for passed in (0, 59, 61, 62):
        monkeypatch.setattr(process_locks, "time", SimpleNamespace(monotonic=lambda passed=passed: now + passed))
        found.append(locks.ended())

    assert found == [[killed.number]] * 3 + [[]]
    assert [path.name for path in folder.iterdir()] == [f"{own}.lock"]


def test_a_file_that_was_taken_away_is_replaced(folder: Path) -> None:
    locks = ProcessLocks(folder)
    first = locks.own()
    unchanged = locks.own()
    (folder / f"{first}.lock").unlink()

    second = locks.own()

    assert first == unchanged
    assert second is not None
    assert second != first
    assert ProcessLocks(folder).ended() == []


def test_looking_keeps_the_file_young(folder: Path) -> None:
    locks = ProcessLocks(folder)
    path = folder / f"{locks.own()}.lock"
    os.utime(path, (0, 0))

    locks.ended()

    assert path.stat().st_mtime > time.time() - 600


@pytest.mark.parametrize(
    ("kind", "mode", "said"),
    [("nfs4", 0o700, "its file system (nfs4)"), ("", 0o700, "unknown"), ("ext4", 0o707, "others can write to it")],
)
def test_where_a_lock_says_too_little_no_process_has_an_id(
    folder: Path, kind: str, mode: int, said: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process_locks, "file_system", lambda path: kind)
    folder.mkdir(parents=True)
    folder.chmod(mode)
    locks = ProcessLocks(folder)

    assert [locks.own(), locks.own()] == [None, None]
    (record,) = caplog.records
    assert said in record.getMessage()


def test_a_folder_that_cannot_be_made_is_said_once_and_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    locks = ProcessLocks(tmp_path / "file" / "holders")

    assert [locks.own(), locks.own()] == [None, None]
    assert locks.ended() == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_the_file_system_is_that_of_the_innermost_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    (inner := tmp_path / "with space").mkdir()
    written = str(inner).replace(" ", "\\040")
    mounts.write_text(
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        f"28 27 0:40 / {tmp_path} rw,relatime shared:1 - nfs4 server:/export rw\n"
        f"29 28 0:41 / {written} rw,relatime - tmpfs tmpfs rw\n"
    )

    assert file_system(Path("/"), mounts=mounts) == "ext4"
    assert file_system(tmp_path, mounts=mounts) == "nfs4"
    assert file_system(inner / "holders", mounts=mounts) == "tmpfs"
    assert file_system(inner, mounts=tmp_path / "none") == ""
