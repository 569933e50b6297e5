"""./run bench read, stampede, resolver and emulator: each one runs, small and short, and prints its figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.sandbox.runs import ROOT, Run, left_running


@pytest.mark.services
@pytest.mark.timeout(900)
def test_every_part_of_the_read_bench_runs(tmp_path: Path) -> None:
    report = ROOT / "docs" / "measurements" / "read.md"
    before = report.read_bytes()

    run = Run(tmp_path, "bench", "read", "--quick")
    run.process.wait(880)

    assert run.process.returncode == 0, run.output + run.errors
    assert run.output.splitlines()[-1].endswith(" rows, 0 failed requests")
    for group in ("pack, gzip", "pack, 304", "list of tips", "feed", "help, varied queries", "paced", "afterwards"):
        assert f"  {group} " in run.output
    assert "from the command `release withdraw` to the manifest" in run.output
    assert report.read_bytes() == before
    assert left_running(tmp_path / "run") == []


@pytest.mark.services
@pytest.mark.timeout(600)
def test_promise_13_a_stampede_is_read_while_it_is_pushed_and_under_attack(tmp_path: Path) -> None:
    run = Run(tmp_path, "bench", "stampede", "--quick", "--json")
    run.process.wait(580)

    assert run.process.returncode == 0, run.output + run.errors
    *_, line, last = run.output.splitlines()
    assert last == "stampede bench: ok"
    found = json.loads(line)
    assert [(one["missed"], one["failed"]) for one in found["beside"].values()] == [(0, {})] * 2
    assert all(one["done"] > 200 and {*one["reads"]} == {"alert", "manifest", "pack"} for one in found["beside"].values())
    assert left_running(tmp_path / "run") == []


@pytest.mark.slow
def test_the_resolver_bench_prints_percentiles(tmp_path: Path) -> None:
    run = Run(tmp_path, "bench", "resolver", "--rounds", "1")

    assert run.process.wait(120) == 0, run.output + run.errors
    calls, median, p95, p99 = run.output.replace(";", ",").split(", ")
    assert int(calls.split()[0]) > 200
    assert 0 < float(median.split()[1]) <= float(p95.split()[1]) <= float(p99.split()[1])


@pytest.mark.slow
@pytest.mark.parametrize("protocol", [[], ["--tls"]], ids=["http1", "http2"])
def test_the_emulator_bench_prints_rate_and_processor_time(tmp_path: Path, protocol: list[str]) -> None:
    run = Run(tmp_path, "bench", "emulator", "--seconds", "0.5", *protocol)

    assert run.process.wait(120) == 0, run.output + run.errors
    rate, rest = run.output.split(" messages/s of ", 1)
    assert int(rate.replace(",", "")) > 100
    assert " µs of the emulator each" in rest
    assert left_running(tmp_path / "run") == []
