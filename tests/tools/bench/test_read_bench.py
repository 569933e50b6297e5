"""./run bench read parses wrk's output, takes medians and writes a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tools.bench.read import load
from tools.bench.read.load import Load
from tools.bench.read.report import Row, proportions, write
from tools.bench.read.servers import median_load
from tools.sandbox.terminal import UserError

OUTPUT = """Running 2s test @ http://127.0.0.1:8000/v1/packs/IN/hi
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   590.14us  244.12us   5.34ms   86.52%
    Req/Sec    50.66k     4.42k   57.31k    70.00%
  Latency Distribution
     50%  512.00us
     75%  690.00us
     90%    0.91ms
     99%    1.42ms
  100812 requests in 2.00s, 1.47GB read
{errors}Requests/sec:  50405.91
Transfer/sec:    752.11MB
"""
FAILED = "  Socket errors: connect 1, read 2, write 0, timeout 3\n  Non-2xx or 3xx responses: 7\n"


def a_load(rate: float) -> Load:
    return Load(rate=rate, p50=0.5, p99=1.5, worst=5.0, failed=0, cpu=0.2, memory=90)


def test_rate_latency_and_processor_time_are_parsed() -> None:
    found = load.parse(OUTPUT.format(errors=""), cpu=2.01624, memory=88)

    assert found.cpu == pytest.approx(0.2)
    assert replace(found, cpu=0.0) == Load(rate=50405.91, p50=0.512, p99=1.42, worst=5.34, failed=0, cpu=0.0, memory=88)


def test_every_kind_of_failure_counts() -> None:
    assert load.parse(OUTPUT.format(errors=FAILED), cpu=0, memory=0).failed == 13


def test_output_without_figures_stops_the_measurement() -> None:
    with pytest.raises(UserError):
        load.parse("unable to connect to 127.0.0.1:8000 Connection refused", cpu=0, memory=0)


def test_the_report_compares_servers_with_the_same_load(tmp_path: Path) -> None:
    rows = [
        Row("pack", "fast path", a_load(30_000)),
        Row("pack", "nginx", a_load(60_000)),
        Row("feed", "fast path", a_load(9)),
    ]

    write(tmp_path / "read.md", rows, {"pack": "84711 bytes"}, 2, 1)

    text = (tmp_path / "read.md").read_text()
    assert proportions(rows) == ["pack: the fast path has 0.50 times the rate of nginx"]
    assert "| pack | fast path | 30,000 | 0.50 | 1.50 | 5.0 | 0 | 0.20 | 90 |" in text
    assert "| pack | 84711 bytes |" in text


def test_the_report_compares_paced_rows_by_p99() -> None:
    rows = [
        Row("paced", "without a campaign", replace(a_load(3_000), p99=2.0)),
        Row("paced", "beside a campaign", replace(a_load(3_000), p99=3.6)),
        Row("paced", "beside a campaign that yields", replace(a_load(3_000), p99=2.3)),
    ]

    assert proportions(rows) == [
        "paced: p99 beside a campaign is 1.80 times p99 without a campaign",
        "paced: p99 beside a campaign that yields is 1.15 times p99 without a campaign",
    ]


def test_the_median_is_taken_by_the_given_figure() -> None:
    loads = [
        Load(rate=rate, p50=0.5, p99=p99, worst=5, failed=1, cpu=0.2, memory=90) for rate, p99 in ((1, 9.0), (2, 1.0), (3, 5.0))
    ]

    assert (median_load(loads, "rate").p99, median_load(loads, "p99").rate) == (1.0, 3)
    assert median_load(loads, "p99").failed == 3


def test_nginx_runs_with_the_products_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "required_programs", lambda: {"nginx": "/usr/sbin/nginx", "wrk": "/usr/bin/wrk"})
    own = Path(__file__).resolve().parents[3] / "docker" / "nginx.conf"

    command = load.nginx_command(tmp_path, tmp_path / "tree", own, 9999, "127.0.0.1:9998")

    text = Path(command[2]).read_text()
    assert "listen 127.0.0.1:9999" in text
    assert str(tmp_path / "tree") in text
    assert "127.0.0.1:8000" not in text
