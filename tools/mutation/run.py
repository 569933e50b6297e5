"""./run mutate: run the tests of each rule against its mutants, in a copy of the checkout, and print which ones survive."""

from __future__ import annotations

import argparse
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

from tools.mutation.mutants import Mutant, mutants
from tools.sandbox import environment
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.temporary_database import temporary_database
from tools.sandbox.terminal import UserError, say

#: Seconds after which a mutant counts as noticed, because its tests no longer end.
_PATIENCE: Final = 180
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


def run(paths: Paths, rest: list[str]) -> int:
    """Run the mutants; return 1 if fewer than nine in ten are noticed."""
    parser = argparse.ArgumentParser(prog="./run mutate", description=__doc__)
    parser.add_argument("--rule", choices=RULES, action="append", help="one rule (default: all)")
    parser.add_argument("--limit", type=int, default=25, help="mutants of each rule, evenly spread (%(default)s)")
    parser.add_argument("--minutes", type=float, default=600, help="begin no mutant after so many (%(default)s)")
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="K/N", help="the K-th of N parts of these (1/1)")
    given = parser.parse_args(rest)
    part, parts = given.part
    deadline = time.monotonic() + given.minutes * 60
    rows, noticed, tried = [], 0, 0
    with _copy(paths.root) as copy, temporary_database(paths, Interrupts()) as url:
        for name in given.rule or RULES:
            rule, begun = RULES[name], time.monotonic()
            original = (copy / rule.module).read_text(encoding="utf-8")
            if not _pass(paths, copy, rule, url, "--create-db"):
                raise UserError(f"The tests of {rule.module} fail without a change.")
            every = mutants(original)
            chosen = evenly(every, given.limit)[part - 1 :: parts]
            survived = count = 0
            while count < len(chosen) and time.monotonic() < deadline:
                one = chosen[count]
                count += 1
                if _survives(paths, copy, rule, url, one):
                    survived += 1
                    say(f"  survived: {rule.module}:{one.line}: {one.change}")
            (copy / rule.module).write_text(original, encoding="utf-8")
            rows.append(f"| {name} | `{rule.module}` | {len(every)} | {count} | {count - survived} |")
            tried, noticed = tried + count, noticed + count - survived
            say(f"  {name}: {count - survived} of {count} noticed in {time.monotonic() - begun:.0f} s")
    say("\n".join(["", "| rule | module | mutants | tried | noticed |", "| --- | --- | --- | --- | --- |", *rows]))
    say(f"\n{noticed} of {tried} noticed ({noticed / max(tried, 1):.0%}).")
    return 0 if noticed >= 0.9 * tried else 1


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


def _survives(paths: Paths, copy: Path, rule: Rule, url: str, mutant: Mutant) -> bool:
    (copy / rule.module).write_text(mutant.source, encoding="utf-8")
    return _pass(paths, copy, rule, url)


def _pass(paths: Paths, copy: Path, rule: Rule, url: str, *options: str) -> bool:
    command = [str(paths.python), "-m", "pytest", "-x", "-q", "--reuse-db", "-p", "no:cacheprovider", *options, *rule.tests]
    settings = {"DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy / "tools/fcm_emulator/src")}
    env = {**environment.without_settings(os.environ), **settings}
    try:
        result = subprocess.run(command, cwd=copy, env=env, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return False
    return result.returncode == 0


@contextmanager
def _copy(root: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fingerpost-mutants-") as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(root, copy, ignore=_LEFT_OUT, symlinks=True)
        yield copy
