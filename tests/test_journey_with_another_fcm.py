"""The journey with another FCM than the sandbox's own emulator: `./run --once` on a database that has a release."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import start_emulator
from tests.tools.sandbox.runs import ROOT, Run, left_running, plain_environment, shared_release, usual_signals
from tools.sandbox.environment import PROJECT
from tools.sandbox.paths import Paths
from tools.sandbox.published import begin_with_copy
from tools.sandbox.run_folders import remove_run

pytestmark = pytest.mark.journey


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with the run folder of a sandbox that was stopped after it had published a release."""
    paths = Paths(ROOT, tmp_path / "run")
    paths.create()
    with usual_signals():
        begin_with_copy(paths, {**plain_environment(), **shared_release()})
    yield tmp_path
    remove_run(paths)
    assert left_running(paths.run) == []


@pytest.mark.timeout(900)
def test_another_fcm_can_be_used_instead_of_the_emulator(home: Path) -> None:
    emulator = start_emulator(home, PROJECT)
    own = {"FINGERPOST_SANDBOX": "1", "FCM_ENDPOINT": emulator.url}
    projects = json.dumps({emulator.project: str(emulator.credentials_file)})

    try:
        run = Run(home, "--once", **own, FIREBASE_PROJECTS=projects)
        run.process.wait(600)
        counts = emulator.counts()
    finally:
        emulator.stop()

    assert run.process.returncode == 0, run.output + run.errors
    accepted = json.loads(run.output.splitlines()[-1].removeprefix("JOURNEY OK "))["accepted"]
    assert counts["accepted_total"] == counts["addresses"] == accepted == 300
    assert "emulator" not in [path.stem for path in (run.run_dir / "logs").iterdir()]
