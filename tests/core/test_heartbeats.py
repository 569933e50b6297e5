"""Signs of life on disk: a process that runs is healthy, one that is stuck is not, and one that has ended leaves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core import heartbeats
from core.watchdog import Watch
from tests.processes import ROOT


class Session:
    """The session of this process, as a watched one."""

    pid = os.getsid(0)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEARTBEAT_DIR", str(tmp_path / "heartbeats"))
    return tmp_path / "heartbeats"


def test_a_process_that_gives_signs_is_healthy_and_one_that_stops_is_not() -> None:
    missing = heartbeats.fault("worker", now=time.time())
    heartbeats.give("worker")

    assert missing == "No worker process has shown that it runs."
    assert heartbeats.fault("worker", now=time.time()) is None
    assert heartbeats.fault("beat", now=time.time()) == "No beat process has shown that it runs."
    assert heartbeats.fault("worker", now=time.time() + 30) == f"The worker process {os.getpid()} has been silent for 30 s."


def test_the_file_of_a_process_that_has_ended_counts_no_more(folder: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    folder.mkdir()
    (folder / f"worker-{ended.pid}").touch()

    assert list(heartbeats.signs("worker")) == []
    assert list(folder.iterdir()) == []


def test_the_health_check_takes_its_status_from_the_signs_and_needs_no_django() -> None:
    heartbeats.give("worker")
    command = (
        "import sys; from core import heartbeats as h; s = h.main(sys.argv[1:]); sys.exit(9 if 'django' in sys.modules else s)"
    )

    found = [
        subprocess.run([sys.executable, "-c", command, *role], cwd=ROOT, capture_output=True, check=False).returncode
        for role in (["worker"], ["beat"], ["web"], [])
    ]

    assert found == [0, 1, 2, 2]


def test_the_management_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    heartbeats.give("worker")

    call_command("health", "worker")

    assert capsys.readouterr().out == "The worker makes progress.\n"
    with pytest.raises(CommandError, match="No beat process"):
        call_command("health", "beat")


def test_a_process_without_new_signs_is_stuck_after_twelve_seconds(folder: Path) -> None:
    watch = Watch(folder)
    heartbeats.give("worker")

    looks = [watch.is_stuck("worker", Session(), now=float(now)) for now in range(14)]
    heartbeats.give("worker")

    assert looks == [False] * 12 + [True] * 2
    assert not watch.is_stuck("worker", Session(), now=14.0)


def test_a_watchdog_that_was_starved_itself_blames_nobody(folder: Path) -> None:
    watch = Watch(folder)
    heartbeats.give("worker")
    watch.is_stuck("worker", Session(), now=0.0)

    assert not watch.is_stuck("worker", Session(), now=3_600.0)


def test_the_watchdog_ends_a_stuck_process_and_passes_on_an_orderly_end(folder: Path) -> None:
    stuck = (
        "import time; from core import heartbeats, watchdog; heartbeats.STUCK_AFTER['worker'] = 0.8; import sys;"
        "sys.exit(watchdog.main(['worker', sys.executable, '-c',"
        " 'from core import heartbeats as h; import time; h.give(\"worker\"); time.sleep(60)']))"
    )
    started = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", stuck], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    orderly = subprocess.run(
        [sys.executable, "-m", "core.watchdog", "beat", sys.executable, "-c", "import sys; sys.exit(3)"],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert (ended.returncode, ended.stderr) == (1, "The worker is stuck and is ended.\n")
    assert time.monotonic() - started < 25
    assert orderly.returncode == 3
