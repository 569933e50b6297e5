"""The check of assertions finds each form that cannot fail, and leaves the others alone."""

from __future__ import annotations

import ast

import pytest

from tools.lint.assertions import vacuous_checks


def found(code: str) -> list[str]:
    return [finding.text for finding in vacuous_checks({"tests/test_it.py": ast.parse(code)})]


@pytest.mark.parametrize(
    "code",
    [
        "assert not titles or set(titles) <= {'a'}",
        "assert step.service in known or not known",
        "assert True",
        "assert 'a message alone'",
        "assert (left == right, 'the message')",
        "assert [value]",
        "assert f'{value}'",
        "assert value or True",
        "assert (value for value in values)",
        "assert lambda: value",
        "assert value == value",
        "assert value.name >= value.name",
        "assert len(values) >= 0",
        "assert 0 <= len(values)",
        "assert all([])",
        "assert isinstance(value, object)",
        "assert status, 200",
        "assert status, status == 200",
        "def works(): ...\nassert works",
        "left = [value for value in values if 'name']",
        "left = {key: value for key, value in pairs if key or True}",
        "try:\n    assert value\nexcept AssertionError:\n    pass",
        "with suppress(Exception):\n    assert value",
    ],
)
def test_a_check_that_cannot_fail_is_found(code: str) -> None:
    assert len(found(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "assert not titles",
        "assert titles or names",
        "assert step is None or step.open",
        "assert value == other, 'the message'",
        "assert value, f'{value} is wrong'",
        "assert make() == make()",
        "assert len(values) >= 1",
        "assert all(value for value in values)",
        "assert values and not other",
        "def works(): ...\nassert works()",
        "left = [value for value in values if value]",
        "with suppress(Exception):\n    clean_up()",
        "with suppress(KeyError):\n    assert value",
    ],
)
def test_a_check_that_can_fail_is_left_alone(code: str) -> None:
    assert found(code) == []


def test_a_finding_names_its_file_and_line() -> None:
    (finding,) = vacuous_checks({"tests/test_it.py": ast.parse("\n\nassert True")})

    assert str(finding).startswith("tests/test_it.py:3: assert True")
