"""./run bench read: every part runs, small and short, and prints its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.sandbox.runs import ROOT, Run, left_running, shared_release


@pytest.mark.services
@pytest.mark.timeout(900)
def test_every_part_of_the_read_bench_runs(tmp_path: Path) -> None:
    report = ROOT / "docs" / "measurements" / "read.md"
    before = report.read_bytes()

    run = Run(tmp_path, "bench", "read", "--quick", **shared_release())
    run.process.wait(880)

    assert run.process.returncode == 0, run.output + run.errors
    assert run.output.splitlines()[-1].endswith(" rows, 0 failed requests")
    for group in ("pack, gzip", "pack, 304", "list of tips", "feed", "help, varied queries", "paced", "afterwards"):
        assert f"  {group} " in run.output
    assert "from the command `release withdraw` to the manifest" in run.output
    assert report.read_bytes() == before
    assert left_running(tmp_path / "run") == []
