"""Each part of docs/privacy.md is held by tests that exist, or is named as the operator's."""

from __future__ import annotations

import re
from pathlib import Path

from tests.guards.test_abuse_cases import missing
from tests.privacy_page import STATEMENTS

PAGE = Path(__file__).resolve().parents[2] / "docs/privacy.md"


def parts() -> list[str]:
    """Return the rows of the table, the items of the list and the paragraphs of the page, in their order."""
    found = []
    for block in PAGE.read_text(encoding="utf-8").split("\n\n"):
        if block.startswith("|"):
            found += [row.strip("| ") for row in block.splitlines()[2:]]
        elif block.startswith("- "):
            found += [" ".join(item.split()) for item in re.split(r"^- ", block, flags=re.M) if item]
        elif not block.startswith("#"):
            found.append(" ".join(block.split()))
    return found


def test_every_part_of_the_page_is_held_by_tests_or_is_the_operators() -> None:
    held = [[statement.begins for statement in STATEMENTS if part.startswith(statement.begins)] for part in parts()]

    # One for one, and in the same order.
    assert [one[0] if len(one) == 1 else one for one in held] == [statement.begins for statement in STATEMENTS]


def test_the_tests_exist() -> None:
    for statement in STATEMENTS:
        assert bool(statement.tests) != bool(statement.operators), statement.begins
        assert list(missing(statement.tests)) == []
