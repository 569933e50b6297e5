"""./run mutate: run the tests of each rule against its mutants, in a copy of the checkout, and print which ones survive.

A mutant within a function runs in a fork of one process that has imported everything (tools.mutation.forks); one of what is
evaluated at import (a constant, a default) in a process of its own. Mutants that change nothing, listed with the reason in
tools.mutation.equivalents, are counted apart.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.mutation.equivalents import is_equivalent
from tools.mutation.forks import VARIABLE, Change, Run
from tools.mutation.mutants import Mutant, mutants
from tools.sandbox import environment
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.temporary_database import temporary_database
from tools.sandbox.terminal import UserError, say

#: Seconds after which a mutant counts as noticed, because its tests no longer end.
_PATIENCE: Final = 180
#: Statuses of pytest: every test passed; one failed, or its module could not be imported.
_PASSED: Final = 0
_NOTICED: Final = (1, 2)
_LEFT_OUT: Final = shutil.ignore_patterns(".git", ".venv", ".run", "__pycache__", "node_modules", "docs")


@dataclass(frozen=True)
class Rule:
    """A module and the tests that hold it."""

    module: str
    tests: tuple[str, ...]


RULES: Final = {
    "roles": Rule("core/roles.py", ("tests/core/test_roles.py", "tests/core/test_staff.py")),
    "approval": Rule(
        "notifications/campaigns/approval.py",
        (
            "tests/notifications/campaigns/test_approval.py",
            "tests/notifications/campaigns/test_lifecycle.py",
            "tests/notifications/campaigns/test_programmes.py",
            "tests/notifications/campaigns/test_translation_readings.py::test_the_second_reading_in_the_draft_is_the_one_that_the_approval_needs",
        ),
    ),
    "limits": Rule("core/rate_limits.py", ("tests/api/http/test_throttles.py",)),
    "errors of FCM": Rule("notifications/delivery/outcomes.py", ("tests/notifications/delivery/test_outcomes.py",)),
}


@dataclass(frozen=True)
class Bench:
    """What every run of tests uses: the programs, the copy of the checkout, and the database."""

    paths: Paths
    copy: Path
    url: str

    def start(self, rule: Rule, *options: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start the rule's tests in the copy, up to the first that fails."""
        command = [str(self.paths.python), "-m", "pytest", "-x", "-q", "-s", "--reuse-db", "-p", "no:cacheprovider"]
        settings = {
            "DATABASE_URL": self.url,
            "PYTHONPATH": str(self.copy / "tools/fcm_emulator/src"),
            "PYTHONPYCACHEPREFIX": str(self.copy.parent / "pycache"),
        }
        return subprocess.Popen(
            [*command, *options, *rule.tests],
            cwd=self.copy,
            env={**environment.without_settings(os.environ), **settings, **variables},
            stdout=(self.copy.parent / "output").open("wb"),
            stderr=subprocess.STDOUT,
        )

    def output(self) -> str:
        """Return the end of what the last tests printed."""
        return (self.copy.parent / "output").read_text(encoding="utf-8", errors="replace")[-3000:]


def run(paths: Paths, rest: list[str]) -> int:
    """Run the mutants; return 1 if none was tried, or fewer than nine in ten of those that change something are noticed."""
    parser = argparse.ArgumentParser(prog="./run mutate", description=__doc__)
    parser.add_argument("--rule", choices=RULES, action="append", help="one rule (default: all)")
    parser.add_argument("--limit", type=int, default=1000, help="mutants of each rule, evenly spread (all)")
    parser.add_argument("--minutes", type=float, default=600, help="begin no mutant after so many (%(default)s)")
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="K/N", help="the K-th of N parts of these (1/1)")
    given = parser.parse_args(rest)
    part, parts = given.part
    deadline = time.monotonic() + given.minutes * 60
    rows: list[str] = []
    noticed = tried = 0
    with _copy(paths.root) as copy, temporary_database(paths, Interrupts()) as url:
        bench = Bench(paths, copy, url)
        for name in given.rule or RULES:
            rule, begun = RULES[name], time.monotonic()
            every = mutants((copy / rule.module).read_text(encoding="utf-8"))
            chosen = evenly(every, given.limit)[part - 1 :: parts]
            of_effect = [one for one in chosen if not is_equivalent(rule.module, one)]
            # The first tests migrate the database, and the others find it so.
            database = "--create-db" if not rows else "--no-migrations"
            results = {**_in_forks(bench, rule, of_effect, deadline, database), **_in_processes(bench, rule, of_effect, deadline)}
            count, survived = len(results), sum(not found for found in results.values())
            rows.append(
                f"| {name} | `{rule.module}` | {len(every)} | {count} | {count - survived} | {len(chosen) - len(of_effect)} |"
            )
            tried, noticed = tried + count, noticed + count - survived
            say(f"  {name}: {count - survived} of {count} noticed in {time.monotonic() - begun:.0f} s")
    say(
        "\n".join(
            ["", "| rule | module | mutants | tried | noticed | equivalent |", "| --- | --- | --- | --- | --- | --- |", *rows]
        )
    )
    say(f"\n{noticed} of {tried} noticed ({noticed / max(tried, 1):.0%}).")
    return status_of(noticed, tried)


def status_of(noticed: int, tried: int) -> int:
    """Return the exit status for so many noticed mutants: 1 if none was tried, or fewer than nine in ten were noticed."""
    return 0 if tried and noticed >= 0.9 * tried else 1


def is_noticed(status: int, output: str) -> bool:
    """Return whether tests that ended so noticed the mutant: one failed, or the module could not be imported.

    Raises UserError if pytest ran no test for another reason, such as a wrong option or path.
    """
    if status in (_PASSED, *_NOTICED):
        return status != _PASSED
    # The mutant ended the process, or could not be imported from a conftest, which pytest calls an error of usage.
    if status < 0 or "ImportError while loading conftest" in output:
        return True
    raise UserError(f"pytest ended with status {status} and ran no test:\n{output}")


def _in_forks(bench: Bench, rule: Rule, chosen: list[Mutant], deadline: float, database: str) -> dict[int, bool]:
    """Run the unchanged tests, and then each mutant within a function in a fork; return by index whether it was noticed.

    Raises UserError if the unchanged tests fail.
    """
    changes = [Change(number, one.function, one.source) for number, one in enumerate(chosen) if one.function]
    described, results = bench.copy.parent / "run.json", bench.copy.parent / "results"
    results.write_text("", encoding="utf-8")
    until = time.time() + deadline - time.monotonic()
    described.write_text(Run(rule.module, str(results), until, _PATIENCE, changes).dump(), encoding="utf-8")
    tests = bench.start(rule, "-p", "tools.mutation.forks", database, **{VARIABLE: str(described)})
    found: dict[int, bool] = {}
    try:
        while True:
            ended = tests.poll() is not None
            for line in results.read_text(encoding="utf-8").splitlines(keepends=True)[len(found) :]:
                if line.endswith("\n"):
                    number, failed = json.loads(line)
                    found[number] = failed is not None
                    _report(rule, chosen[number], noticed=found[number])
            if ended:
                break
            time.sleep(0.2)
    finally:
        tests.kill()
        tests.wait()
    if tests.returncode:
        raise UserError(f"The tests of {rule.module} fail without a change:\n{bench.output()}")
    return found


def _in_processes(bench: Bench, rule: Rule, chosen: list[Mutant], deadline: float) -> dict[int, bool]:
    """Run each of the other mutants in a process of its own, because importing the module has to see the change."""
    file = bench.copy / rule.module
    original = file.read_bytes()
    found: dict[int, bool] = {}
    for number, one in enumerate(chosen):
        if one.function or time.monotonic() > deadline:
            continue
        file.write_text(one.source, encoding="utf-8")
        # Bytecode is kept for a file of the same size and second.
        os.utime(file, (number, number))
        tests = bench.start(rule, "--no-migrations")
        try:
            found[number] = is_noticed(tests.wait(_PATIENCE), bench.output())
        except subprocess.TimeoutExpired:
            found[number] = True
        finally:
            tests.kill()
            tests.wait()
        _report(rule, one, noticed=found[number])
    file.write_bytes(original)
    return found


def _report(rule: Rule, one: Mutant, *, noticed: bool) -> None:
    if not noticed:
        say(f"  survived: {rule.module}:{one.line}: {one.change}")


def _part(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r} is not one of several parts, such as 2/3")
    return int(part), int(parts)


def evenly(every: list[Mutant], limit: int) -> list[Mutant]:
    """Return at most `limit` of them, spread over the module."""
    if len(every) <= limit:
        return every
    return [every[index * len(every) // limit] for index in range(limit)]


@contextmanager
def _copy(root: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fingerpost-mutants-") as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(root, copy, ignore=_LEFT_OUT, symlinks=True)
        yield copy
