"""./run bench resolver and emulator: each one runs, small and short, and prints its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.sandbox.runs import Run, left_running


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
