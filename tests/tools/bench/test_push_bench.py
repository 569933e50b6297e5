"""./run bench push --quick: every part measures, and every device is reached exactly once."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.tools.sandbox.runs import ROOT, Run, left_running, migrated_database
from tools.bench.push.__main__ import PARTS, QUICK_PARTS

pytestmark = pytest.mark.faults


@pytest.mark.timeout(600)
def test_every_part_reaches_every_device_exactly_once(tmp_path: Path) -> None:
    page = ROOT / "docs" / "measurements" / "push.md"
    before = page.read_bytes()

    run = Run(tmp_path, "bench", "push", "--quick", "--json", **migrated_database())
    run.process.wait(580)

    assert run.process.returncode == 0, run.output + run.errors
    *_, line, last = run.output.splitlines()
    assert last == f"push bench: {', '.join(QUICK_PARTS)}: ok"
    figures = json.loads(line)
    assert [name for name, part in figures.items() if part["faults"] == []] == list(QUICK_PARTS)
    rates = {name: run["rate"] for name, (run,) in figures["compare"]["settings"][0]["runs"].items()}
    assert list(rates) == ["Fingerpost", "fcm-django", "send_each", "send_each_async", "bare loop"]
    assert all(rate > 0 for rate in rates.values())
    assert [run["missed"] for run in figures["million"]["runs"]] == [0, 0]
    # The first 200 are a batch of their own, and so is the second group.
    assert figures["plan"]["batches"] == 102
    assert figures["plan"]["rows"] == sum(figures["plan"]["written"].values()) > 102
    assert [len(figures["brakes"][name]) for name in ("start", "pause", "resume", "stop", "stop_hanging")] == [1] * 5
    assert figures["brakes"]["stop_hanging"][0] <= 2
    assert [run["quota"] for run in figures["urgent"]["runs"]] == [600_000, 12_000]
    plans = figures["scale-3"]["plans"]
    assert all("notifications_registration" in plans[f"{step} of a canary"][0] for step in ("draw", "read"))
    assert all(plans[name] for name in ("freeze of the audience", "claim of a batch", "read of a batch", "tick"))
    assert figures["send-3"]["run"]["log_mb"] > 0
    assert [kill["unsettled"] > 0 for kill in figures["kills"]["kills"]] == [True, True]
    assert page.read_bytes() == before
    assert left_running(tmp_path / "run") == []


def test_every_part_is_measured_or_has_one_like_it_that_is() -> None:
    assert {(PARTS[name][0], PARTS[name][2]) for name in QUICK_PARTS} == {(module, quick) for module, _, quick in PARTS.values()}
    assert [name for name in PARTS if name not in QUICK_PARTS] == ["scale-10", "send-10"]


def test_the_push_bench_refuses_to_run_beside_a_real_database(tmp_path: Path) -> None:
    run = Run(tmp_path, "bench", "push", "--quick", DATABASE_URL="postgresql://u:p@db.example.org/real")

    assert run.process.wait(60) == 1
    assert "DATABASE_URL is set: " in run.errors
    assert run.output == ""


def test_an_interrupted_push_bench_leaves_nothing_running(tmp_path: Path) -> None:
    run = Run(tmp_path, "bench", "push", "--quick", "--part", "kills", "--devices", "500", **migrated_database())
    run.until("kill -9 (kills")
    deadline = time.monotonic() + 60
    while not any("celery" in line for line in left_running(tmp_path / "run")):
        assert time.monotonic() < deadline, "no worker was started"
        time.sleep(0.1)

    assert run.end(signal.SIGTERM) == 128 + signal.SIGINT

    assert left_running(tmp_path / "run") == []
