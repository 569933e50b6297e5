"""./run soak: what it sends and samples, and what it calls a fault."""

from __future__ import annotations

import json
import mmap
import os
import socket
from pathlib import Path

import pytest

from notifications.delivery import fcm
from tests.tools.sandbox.runs import Run, left_running, shared_release
from tools.soak.acts import ACTS
from tools.soak.launch import IDLE, _write
from tools.soak.samples import OpenFiles, ProcessSamples, Samples, Series, open_files, own_memory
from tools.soak.verdict import CampaignCounts, Verdict, judge, tables


def a_series(per_hour: float, *, minutes: float = 60) -> Series:
    """Return a sample every ten seconds of a value that doubles in the warm-up and then grows at a steady pace."""
    series = Series()
    for second in range(0, int(minutes * 60) + 1, 10):
        warming = second < minutes * 60 * 0.25
        series.add(second, 50 + second / 100 if warming else 100 + per_hour * second / 3600)
    return series


def judged(
    *campaigns: CampaignCounts, memory: Series | None = None, idle: tuple[OpenFiles, ...] = (), reads: int = 10,
    sessions: Series | None = None,
) -> Verdict:  # fmt: skip
    verdict, samples = Verdict(seed=1, campaigns=list(campaigns), reads=reads), Samples()
    samples.processes[7] = ProcessSamples("worker", 7, memory or a_series(0), a_series(900), list(idle))
    samples.sessions = sessions or a_series(0)
    judge(verdict, samples)
    return verdict


def sent(*, state: str = "done", missed: int = 0, doubled: int = 0, in_flight: int = 0) -> CampaignCounts:
    return CampaignCounts("5", 2000, state, missed, doubled, in_flight, "kill the worker")


def test_a_slope_leaves_out_the_warm_up() -> None:
    assert a_series(4).per_hour() == pytest.approx(4)
    assert a_series(-4).growth() < 0
    assert Series().per_hour() == Series([(1, 1)]).per_hour() == Series().growth() == 0


def in_steps(*steps: tuple[int, float]) -> Series:
    """Return a sample every ten seconds, for half an hour, of 100 MiB and the steps so far: minute, MiB."""
    seconds = range(0, 1800, 10)
    return Series([(second, 100 + sum(mib for minute, mib in steps if second >= minute * 60)) for second in seconds])


def test_one_step_is_no_slope_and_several_are() -> None:
    for minute in (8, 14, 19, 29):
        assert in_steps((minute, 3)).per_hour() == pytest.approx(0, abs=0.01)
    assert judged(sent(), memory=in_steps((19, 3))).faults == []
    # A MiB each four minutes.
    (fault,) = judged(sent(), memory=in_steps(*((minute, 1) for minute in range(0, 30, 4)))).faults
    assert fault.startswith("worker (7) grows by 1")
    (fault,) = judged(sent(), memory=in_steps((14, 8))).faults
    assert fault == "worker (7) has 8.0 MiB more at its end than after its warm-up"


def test_what_was_in_flight_may_be_doubled_and_the_figures_are_shown() -> None:
    verdict = judged(sent(doubled=300, in_flight=300), sent(), memory=a_series(4.9))

    assert verdict.faults == []
    assert "| kill the worker | 2         | 4,000        | 0      | 300" in tables(verdict)
    assert "4.90" in tables(verdict)


@pytest.mark.parametrize(
    ("verdict", "fault"),
    [
        (judged(sent(missed=1)), "campaign 5 (kill the worker) missed 1 of 2000 devices"),
        (
            judged(sent(doubled=301, in_flight=300)),
            "campaign 5 (kill the worker) reached 301 devices twice, and 300 were in flight",
        ),
        (judged(sent(state="halted")), "campaign 5 (kill the worker) is halted"),
        (judged(), "no campaign was sent"),
        (judged(sent(), reads=0), "nothing was read"),
        (judged(sent(), sessions=Series([(0, 0), (900, 0)])), "no session of the database was seen"),
        (judged(sent(), memory=a_series(5.2)), "worker (7) grows by 5.2 MiB an hour"),
        (
            judged(sent(), idle=(OpenFiles(20, 5), OpenFiles(31, 8))),
            "worker (7) has 11 more open files than when it was idle before",
        ),
        (
            judged(sent(), idle=(OpenFiles(20, 5), OpenFiles(24, 9))),
            "worker (7) has 4 more open sockets than when it was idle before",
        ),
    ],
)
def test_what_must_not_be_is_named(verdict: Verdict, fault: str) -> None:
    assert verdict.faults == [fault]


def test_a_process_that_lived_for_minutes_only_is_not_judged() -> None:
    assert judged(sent(), memory=a_series(500, minutes=19)).faults == []


def test_open_files_that_come_and_go_while_it_sends_are_no_leak() -> None:
    verdict = judged(sent(), idle=(OpenFiles(20, 5), OpenFiles(30, 8)))

    assert verdict.faults == []
    assert "| 20, 30 | 5, 8" in tables(verdict)


def test_the_memory_of_each_quarter_of_an_hour_shows_where_it_stands_still() -> None:
    series = Series([(minute * 60, 100 if minute < 15 else 130) for minute in range(50)])

    assert series.parts() == [100, 130, 130]
    assert Series().parts() == []


def test_memory_is_read_from_the_kernel_without_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(40 * 2**20))
    before = own_memory(os.getpid())

    with (tmp_path / "file").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert not any(mapped[:: mmap.PAGESIZE])
        with_a_file = own_memory(os.getpid())
        with mmap.mmap(-1, 40 * 2**20) as own:
            own[:: mmap.PAGESIZE] = b"x" * (40 * 2**20 // mmap.PAGESIZE)
            with_its_own = own_memory(os.getpid())

    assert with_a_file - before < 20
    assert with_its_own - with_a_file > 20
    with pytest.raises(OSError, match="No such file"):
        own_memory(2**22 + 1)


def test_open_files_and_sockets_are_counted_and_the_fewest_of_some_looks_count() -> None:
    before = open_files(os.getpid())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        during = open_files(os.getpid())
    samples = Samples()
    samples.processes = {7: ProcessSamples("worker", 7), 8: ProcessSamples("worker", 8)}

    samples.take_idle([{7: OpenFiles(21, 6), 8: OpenFiles(9, 0)}, {7: OpenFiles(22, 5)}])

    assert (during.files - before.files, during.sockets - before.sockets) == (2, 2)
    assert samples.processes[7].idle == [OpenFiles(21, 5)]
    assert samples.processes[8].idle == []


def test_a_soak_is_idle_for_longer_than_an_idle_connection_to_fcm_is_kept() -> None:
    assert IDLE > fcm.IDLE_CONNECTION + 10


def test_new_figures_leave_the_sections_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "soak.md"
    page.write_text("# Soak\n\nold figures\n\n## What it found\n\nA leak.\n\n## Why\n\nSo.\n")

    _write(page, "# Soak\n\nnew figures\n")

    assert page.read_text() == "# Soak\n\nnew figures\n\n## What it found\n\nA leak.\n\n## Why\n\nSo.\n"


@pytest.mark.faults
@pytest.mark.timeout(700)
def test_a_short_soak_misses_nobody(tmp_path: Path) -> None:
    run = Run(tmp_path, "soak", "--minutes", "0.2", "--devices", "400", "--seed", "3", "--json", **shared_release())
    run.process.wait(680)

    assert run.process.returncode == 0, run.output + run.errors
    *_, line, last = run.output.splitlines()
    assert last == "soak: ok, seed 3"
    found = json.loads(line)
    assert found["campaigns"][0]["act"] in ACTS
    assert {one["missed"] for one in found["campaigns"]} == {0}
    assert {one["name"] for one in found["processes"]} == {"web", "console", "worker", "beat"}
    assert found["reads"] > 20
    assert found["sessions"]["most"] > 4
    assert left_running(tmp_path / "run") == []
