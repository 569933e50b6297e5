"""The tables of a campaign's outcomes in words, for its live page, its report and its file."""

from __future__ import annotations

from dataclasses import dataclass

from content.console.labels import label
from core.console.display import language_text, region_text
from notifications.campaigns.outcome_table import OUTCOMES, LanguageGroup, OutcomeRow, ReaderGroup, outcome_tables
from notifications.models import Campaign

PLATFORMS = {"android": "Android", "ios": "iPhone and iPad", "web": "Web"}
#: The row of all groups that are too small for one of their own.
TOGETHER = "Smaller groups together"


@dataclass(frozen=True)
class ShownRow:
    """One row: what its two first columns say, and the number of each of OUTCOMES; None is a number below 20."""

    first: str
    second: str
    numbers: tuple[int | None, ...]


@dataclass(frozen=True)
class ShownTable:
    """One table of outcomes."""

    #: What the rows are by, such as "Language and platform".
    name: str
    #: Headings of the first two columns.
    columns: tuple[str, str]
    rows: tuple[ShownRow, ...]


def tables_of(campaign: Campaign) -> list[ShownTable]:
    """Return the tables of outcomes by language and by readers; a table without rows is left out."""
    found = outcome_tables(campaign)
    regions = {row.group.region for row in found.by_readers if row.group} - {""}
    elsewhere = "Every other region" if regions else "Every region"
    tables = [
        ShownTable("Language and platform", ("Language", "Platform"), tuple(map(_language_row, found.by_language))),
        ShownTable(
            "Readers and region", ("Readers", "Region of the text"), tuple(_reader_row(r, elsewhere) for r in found.by_readers)
        ),
    ]
    return [table for table in tables if table.rows]


def _language_row(row: OutcomeRow[LanguageGroup]) -> ShownRow:
    if row.group is None:
        return ShownRow(TOGETHER, "All", _numbers(row.numbers))
    language = language_text(row.group.locale)
    name = f"Other languages, in {language}" if row.group.fallback else language
    return ShownRow(name, PLATFORMS[row.group.platform], _numbers(row.numbers))


def _reader_row(row: OutcomeRow[ReaderGroup], elsewhere: str) -> ShownRow:
    if row.group is None:
        return ShownRow(TOGETHER, "All", _numbers(row.numbers))
    where = region_text(row.group.region) if row.group.region else elsewhere
    return ShownRow(label("recipient", row.group.audience), where, _numbers(row.numbers))


def _numbers(numbers: dict[str, int | None]) -> tuple[int | None, ...]:
    return tuple(numbers[outcome] for outcome in OUTCOMES)
