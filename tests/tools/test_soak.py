"""./run soak: what it sends and samples, and what it calls a fault."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.tools.sandbox.runs import Run, left_running
from tools.soak.acts import ACTS
from tools.soak.samples import ProcessSamples, Samples, Series, proportional_memory
from tools.soak.verdict import CampaignCounts, Verdict, judge, tables


def a_series(per_hour: float, *, minutes: float = 60) -> Series:
    """Return a sample every ten seconds of a value that doubles in the warm-up and then grows at a steady pace."""
    series = Series()
    for second in range(0, int(minutes * 60) + 1, 10):
        warming = second < minutes * 60 * 0.25
        series.add(second, 50 + second / 100 if warming else 100 + per_hour * second / 3600)
    return series


def judged(*campaigns: CampaignCounts, memory: Series | None = None, files: Series | None = None, reads: int = 10) -> Verdict:
    verdict, samples = Verdict(seed=1, campaigns=list(campaigns), reads=reads), Samples()
    samples.processes[7] = ProcessSamples("worker", 7, memory or a_series(0), files or a_series(0))
    samples.sessions = a_series(0)
    judge(verdict, samples)
    return verdict


def sent(*, state: str = "done", missed: int = 0, doubled: int = 0, in_flight: int = 0) -> CampaignCounts:
    return CampaignCounts("5", 2000, state, missed, doubled, in_flight, "kill the worker")


def test_a_slope_leaves_out_the_warm_up() -> None:
    assert a_series(4).per_hour() == pytest.approx(4)
    assert a_series(-4).growth() < 0
    assert Series().per_hour() == Series([(1, 1)]).per_hour() == Series().growth() == 0


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
        (judged(sent(), memory=a_series(5.2)), "worker (7) grows by 5.2 MiB an hour"),
        (judged(sent(), files=a_series(40)), "worker (7) has 24 more open files than at first"),
    ],
)
def test_what_must_not_be_is_named(verdict: Verdict, fault: str) -> None:
    assert verdict.faults == [fault]


def test_a_process_that_lived_for_minutes_only_is_not_judged() -> None:
    assert judged(sent(), memory=a_series(500, minutes=19)).faults == []


def test_memory_is_read_from_the_kernel() -> None:
    assert 10 < proportional_memory(os.getpid()) < 5_000
    with pytest.raises(OSError, match="No such file"):
        proportional_memory(2**22 + 1)


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_a_short_soak_misses_nobody(tmp_path: Path) -> None:
    run = Run(tmp_path, "soak", "--minutes", "0.2", "--devices", "400", "--seed", "3", "--json")
    run.process.wait(380)

    assert run.process.returncode == 0, run.output + run.errors
    *_, line, last = run.output.splitlines()
    assert last == "soak: ok, seed 3"
    found = json.loads(line)
    assert found["campaigns"][0]["act"] in ACTS
    assert {one["missed"] for one in found["campaigns"]} == {0}
    assert {one["name"] for one in found["processes"]} == {"web", "console", "worker", "beat"}
    assert found["reads"] > 20
    assert left_running(tmp_path / "run") == []
