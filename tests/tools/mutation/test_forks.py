"""Mutants in forks: what a fork changes is gone with it, and whatever goes wrong in one is described."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.mutation.forks import ENDLESS, VARIABLE, Change, Run
from tools.mutation.mutants import mutants

ROOT = Path(__file__).resolve().parents[3]
RULE = """
class Door:
    def opens(self, age):
        return not age < 18

    def waits(self):
        while False:
            pass
        return 1
"""
TESTS = """
import gc
from pathlib import Path
from rule import Door
import pytest

@pytest.fixture(scope="session")
def prepared():
    with Path("prepared").open("a") as file:
        file.write("once")

gc.freeze()

def test_a_child_is_refused(prepared):
    assert not Door().opens(17)

def test_an_adult_is_let_in(prepared):
    assert Door().opens(19) and Door().waits()
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "rule.py").write_text(RULE)
    (tmp_path / "test_rule.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(
    checkout: Path, changes: list[Change], *, patience: float = 60
) -> tuple[subprocess.CompletedProcess[str], dict[int, str]]:
    """Run the mutants; return the process, and by number what noticed each."""
    described, results = checkout / "run.json", checkout / "results"
    described.write_text(Run("rule.py", str(results), time.time() + 60, patience, changes).dump())
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-s", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [*command, "-p", "tools.mutation.forks", "test_rule.py"],
        cwd=checkout,
        env={"PYTHONPATH": str(ROOT), VARIABLE: str(described), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ended, dict(map(json.loads, results.read_text().splitlines())) if results.exists() else {}


def changes(*wanted: str) -> list[Change]:
    """Return the mutants with these changes, in this order."""
    found = {one.change: one for one in mutants(RULE) if one.function}
    return [Change(number, str(found[change].function), found[change].source) for number, change in enumerate(wanted)]


def test_each_mutant_is_noticed_by_a_test_or_survives_and_none_changes_the_next(checkout: Path) -> None:
    ended, noticed = run(checkout, changes("18 → 19", "not age < 18 → age < 18", "1 → 2", "age < 18 → age <= 18"))

    assert ended.returncode == 0, ended.stdout
    child = "test_rule.py::test_a_child_is_refused"
    assert noticed == {0: None, 1: child, 2: None, 3: None}
    assert (checkout / "prepared").read_text() == "once"


@pytest.mark.slow
def test_a_mutant_that_does_not_end_is_noticed_and_the_next_one_runs(checkout: Path) -> None:
    ended, noticed = run(checkout, changes("False → True", "18 → 19"), patience=3)

    assert ended.returncode == 0, ended.stdout
    assert noticed == {0: ENDLESS, 1: None}


def test_tests_that_fail_without_a_change_stop_the_run(checkout: Path) -> None:
    (checkout / "test_rule.py").write_text(TESTS.replace("opens(17)", "opens(18)"))

    ended, noticed = run(checkout, changes("18 → 19"))

    assert ended.returncode != 0
    assert "test_a_child_is_refused fails without a change" in ended.stdout
    assert noticed == {}


def test_tests_that_fail_in_a_fork_alone_stop_the_run(checkout: Path) -> None:
    """Such as those that cannot use what the process had before: every mutant would look noticed."""
    only_once = TESTS + "\ndef test_that_leaves_something():\n    Path('left').mkdir()\n"
    (checkout / "test_rule.py").write_text(only_once)

    ended, noticed = run(checkout, changes("18 → 19"))

    assert ended.returncode != 0
    assert "test_that_leaves_something fails in a fork without a change" in ended.stdout
    assert noticed == {}


def test_a_change_that_cannot_be_made_is_not_counted_as_noticed(checkout: Path) -> None:
    (change,) = changes("18 → 19")

    ended, noticed = run(checkout, [Change(0, "Door.opens", RULE.replace("opens", "shuts")), change])

    assert ended.returncode != 0
    assert noticed == {}
