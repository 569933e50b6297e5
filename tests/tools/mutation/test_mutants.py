"""Mutants are small changes of what runs, and each of them is a module that can be read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.mutation.mutants import mutants
from tools.mutation.run import RULES, evenly

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
