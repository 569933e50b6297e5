"""The comparison of the localisation desk with Weblate and Pontoon: every row names tests that exist."""

from __future__ import annotations

from typing import Final

import pytest

from tests.guards.test_abuse_cases import missing
from tests.processes import ROOT

DOCUMENT: Final = ROOT / "docs" / "measurements" / "localisation.md"
STANDINGS: Final = {"ahead", "level", "behind"}
ROWS: Final = 19


def rows() -> list[list[str]]:
    """Return the cells of each row: point, Weblate, Pontoon, Fingerpost, standing and tests."""
    _, _, section = DOCUMENT.read_text(encoding="utf-8").partition("## Beside Weblate and Pontoon")
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def named(cell: str) -> tuple[str, ...]:
    return tuple(name.strip("` ") for name in cell.split("<br>"))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_row_has_a_standing_and_names_tests_that_exist(row: list[str]) -> None:
    assert len(row) == 6
    assert row[4] in STANDINGS
    assert list(missing(named(row[5]))) == []


def test_the_table_has_every_row() -> None:
    assert len({row[0] for row in rows()}) == ROWS
