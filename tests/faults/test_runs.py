"""The fault runs of ./run faults in their short form: real PostgreSQL, Redis, RabbitMQ, PgBouncer and Celery workers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT
from tests.tools.sandbox.runs import migrated_database, plain_environment
from tools.faults.runs import RUNS

pytestmark = [pytest.mark.faults, pytest.mark.services, pytest.mark.timeout(600)]
#: What each combination tries here; ./run faults has all runs on both, and takes over an hour.
SHORT: dict[tuple[str, str], tuple[str, ...]] = {
    ("debian", "redis"): ("read-only", "snapshot"),
    ("wheel", "rabbitmq"): ("failing-write", "pgbouncer"),
}
_CASES = [(*servers, name) for servers, names in SHORT.items() for name in names]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Carry out the short runs, each combination of servers in a process of its own."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for (database, broker), names in SHORT.items():
        answer = tmp_path_factory.mktemp("faults") / "verdicts.json"
        options = ["--quick", "--database", database, "--broker", broker, "--json", str(answer)]
        command = [sys.executable, "-m", "tools.faults.combination", *options, *names]
        env = plain_environment() | migrated_database()
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert answer.exists(), done.stdout[-3000:] + done.stderr[-3000:]
        for name, verdict in json.loads(answer.read_text())["runs"].items():
            found[database, broker, name] = verdict | {"log": done.stderr[-3000:]}
    return found


@pytest.mark.parametrize(("database", "broker", "name"), _CASES, ids=["-".join(case) for case in _CASES])
def test_a_campaign_survives(verdicts: dict[tuple[str, str, str], dict[str, Any]], database: str, broker: str, name: str) -> None:
    verdict = verdicts[database, broker, name]

    assert verdict["faults"] == [], verdict["log"]
    assert verdict["missed"] == 0
    assert verdict["wrongly_erased"] == 0
    assert verdict["doubled"] <= verdict["may_double"]


def test_every_run_is_documented_with_its_name() -> None:
    page = (ROOT / "docs" / "measurements" / "faults.md").read_text()

    assert [name for name in RUNS if f"`{name}`" not in page] == []


def test_only_known_runs_are_accepted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.faults.combination", "made-up"]
    done = subprocess.run(command, cwd=ROOT, env=plain_environment(), capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "made-up" in done.stderr
