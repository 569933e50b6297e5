"""./run bench stampede: every part runs, small and short; nobody is missed, and no phone fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.sandbox.runs import Run, left_running, shared_release


@pytest.mark.services
@pytest.mark.timeout(900)
def test_promise_13_a_stampede_is_read_while_it_is_pushed_and_under_attack(tmp_path: Path) -> None:
    run = Run(tmp_path, "bench", "stampede", "--quick", "--json", **shared_release())
    run.process.wait(880)

    assert run.process.returncode == 0, run.output + run.errors
    *_, line, last = run.output.splitlines()
    assert last == "stampede bench: ok"
    found = json.loads(line)
    assert [(one["missed"], one["failed"]) for one in found["beside"].values()] == [(0, {})] * 2
    assert all(one["done"] > 200 and {*one["reads"]} == {"alert", "manifest", "pack"} for one in found["beside"].values())
    assert left_running(tmp_path / "run") == []
