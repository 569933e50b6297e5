"""Mutants are small changes of what runs, and each of them is a module that can be read."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tools.mutation.equivalents import EQUIVALENTS, Equivalent
from tools.mutation.mutants import mutants
from tools.mutation.run import RULES, evenly, is_noticed, status_of
from tools.sandbox.terminal import UserError

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("a = b < 2", {"a = (b <= 2)", "a = b < (3)"}),
        ("a = b is None", {"a = (b is not None)"}),
        ("a = b and c", {"a = (b or c)"}),
        ("a = not b", {"a = (b)"}),
        ("a = True", {"a = (False)"}),
        ("a = b + c", {"a = (b - c)"}),
        ("raise ValueError", {"pass"}),
        ("f('é', b)", {"pass"}),
        ("'''A docstring, in which 1 < 2.'''", set()),
        ("a: int = b", set()),
    ],
)
def test_a_line_has_these_mutants(line: str, changes: set[str]) -> None:
    assert {one.source for one in mutants(line)} == changes


def test_a_statement_of_several_lines_is_replaced_whole() -> None:
    source = "def f():\n    call(\n        1,\n    )\n    return g()\n"

    assert "def f():\n    pass\n    return g()\n" in {one.source for one in mutants(source)}
    assert "def f():\n    call(\n        1,\n    )\n    return None\n" in {one.source for one in mutants(source)}


def test_a_mutant_names_the_function_that_it_changes_unless_import_or_a_cache_keeps_the_old_one() -> None:
    source = """A = 1

class B:
    c = 2

    def d(self, e=3):
        return 4

    @property
    def f(self):
        def g():
            return 5

        return 6

@cache
def h():
    return 7
"""

    assert {one.change[0]: one.function for one in mutants(source) if one.change[0].isdecimal()} == {
        **{"1": None, "2": None, "3": None, "7": None},
        **{"4": "B.d", "5": "B.f", "6": "B.f"},
    }


@pytest.mark.parametrize("equivalent", EQUIVALENTS, ids=lambda one: one.change)
def test_every_mutant_that_is_listed_as_equivalent_is_one_mutant(equivalent: Equivalent) -> None:
    source = (ROOT / equivalent.module).read_text(encoding="utf-8")

    assert [one.change for one in mutants(source) if equivalent.is_(equivalent.module, one)] == [equivalent.change]
    assert equivalent.module in {rule.module for rule in RULES.values()}
    assert equivalent.reason


@pytest.mark.parametrize("name", RULES)
def test_every_mutant_of_a_rule_differs_and_can_be_parsed(name: str) -> None:
    rule = RULES[name]
    source = (ROOT / rule.module).read_text(encoding="utf-8")

    found = mutants(source)

    assert len(found) > 10
    assert all(one.source != source and ast.parse(one.source) for one in found)
    assert all((ROOT / test.partition("::")[0]).is_file() for test in rule.tests)


def test_a_sample_is_spread_over_the_module() -> None:
    every = mutants("\n".join(f"a = {number}" for number in range(100)))

    assert [one.line for one in evenly(every, 4)] == [1, 26, 51, 76]
    assert evenly(every, 200) == every


@pytest.mark.parametrize(("noticed", "tried", "status"), [(0, 0, 1), (8, 10, 1), (9, 10, 0), (10, 10, 0)])
def test_a_run_succeeds_where_mutants_were_tried_and_nine_in_ten_noticed(noticed: int, tried: int, status: int) -> None:
    assert status_of(noticed, tried) == status


def pytest_of(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return the status and the output of pytest in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider", "-c", "pytest.ini", *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("files", "noticed"),
    [
        ({"test_rule.py": "def test_it(): assert True"}, False),
        ({"test_rule.py": "def test_it(): assert False"}, True),
        ({"test_rule.py": "import no_such_module"}, True),
        ({"test_rule.py": "def test_it(): assert True", "conftest.py": "import no_such_module"}, True),
    ],
)
def test_a_failure_or_an_import_error_notices_a_mutant(tmp_path: Path, files: dict[str, str], noticed: bool) -> None:
    for name, text in {"pytest.ini": "[pytest]\n", **files}.items():
        (tmp_path / name).write_text(text)

    assert is_noticed(*pytest_of(tmp_path, "test_rule.py")) is noticed


@pytest.mark.sampled
@pytest.mark.parametrize("arguments", [["--no-such-option"], ["no_such_file.py"], ["test_rule.py"]])
def test_a_run_without_a_test_notices_nothing_and_ends(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_rule.py").write_text("")

    with pytest.raises(UserError, match="ran no test"):
        is_noticed(*pytest_of(tmp_path, *arguments))
