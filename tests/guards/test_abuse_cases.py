"""The table of abuse cases: each test that it names exists, and the document shows the table."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.abuse_cases import CASES, DOCUMENT, ROOT, document
from tests.security_weaknesses import WEAKNESSES


def missing(tests: tuple[str, ...]) -> Iterator[str]:
    for one in tests:
        path, _, name = one.partition("::")
        file = ROOT / path
        tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body):
            yield one


def test_every_case_names_tests_that_exist_or_says_why_it_does_not_apply() -> None:
    for case in CASES:
        assert bool(case.tests) != bool(case.why_not), case.number
        assert bool(case.answer) == bool(case.tests), case.number
        assert list(missing(case.tests)) == []


def test_every_weakness_of_earlier_versions_names_tests_that_exist() -> None:
    for weakness in WEAKNESSES:
        assert weakness.tests, weakness.harm
        assert list(missing(weakness.tests)) == []


def test_a_name_that_no_test_has_is_found() -> None:
    assert list(missing(("tests/guards/test_abuse_cases.py::test_nothing", "tests/none.py::test_x"))) == [
        "tests/guards/test_abuse_cases.py::test_nothing",
        "tests/none.py::test_x",
    ]


def test_the_cases_are_numbered_once_and_in_order() -> None:
    numbers = [case.number for case in CASES]

    assert numbers == sorted(set(numbers))


def test_the_document_shows_the_table() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()
