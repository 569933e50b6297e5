"""A campaign's outcomes by language and platform, and by readers, so that no number says anything about fewer than 20 phones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from django.db import connection

from notifications.campaigns.audience import MIN_AUDIENCE, rounded
from notifications.models.campaign import Campaign

#: Outcomes of the tables; every other name in a tally is the reason of a rejection.
OUTCOMES = ("accepted", "rejected", "unknown")

_BY_MESSAGE = """
    SELECT m.locale, m.fallback, m.platform, m.audience, m.region, outcome.key, sum(outcome.value::bigint)
    FROM (
        SELECT b.tally FROM notifications_batch b JOIN notifications_wave w ON w.id = b.wave_id WHERE w.campaign_id = %(id)s
        UNION ALL SELECT tally FROM notifications_campaign WHERE id = %(id)s
    ) tallies, jsonb_each(tallies.tally) AS message, jsonb_each_text(message.value) AS outcome
    JOIN notifications_message m ON true
    WHERE m.campaign_id = %(id)s AND m.id::text = message.key AND m.platform <> ''
    GROUP BY 1, 2, 3, 4, 5, 6
"""


class LanguageGroup(NamedTuple):
    """The phones of one platform that got one language."""

    #: Locale of the text.
    locale: str
    #: Whether it is the text for readers of other languages.
    fallback: bool
    platform: str


class ReaderGroup(NamedTuple):
    """The phones of one audience that got the text for one region."""

    audience: str
    #: "" for every region without a text of its own.
    region: str


Group = TypeVar("Group", LanguageGroup, ReaderGroup)


@dataclass(frozen=True)
class OutcomeRow(Generic[Group]):
    """The outcomes of one group of phones; a number of None is below 20, and not zero."""

    #: None for the groups of fewer than 20 phones together.
    group: Group | None
    #: Outcome to its number, rounded down to tens.
    numbers: dict[str, int | None]


@dataclass(frozen=True)
class OutcomeTables:
    """The same outcomes, counted in two ways."""

    by_language: list[OutcomeRow[LanguageGroup]]
    #: Empty where all phones got the text for the same audience and region: the table would be a total.
    by_readers: list[OutcomeRow[ReaderGroup]]


def outcome_tables(campaign: Campaign) -> OutcomeTables:
    """Return the outcomes by language and platform, and by audience and region of the text; one query."""
    languages: dict[LanguageGroup, Counter[str]] = {}
    readers: dict[ReaderGroup, Counter[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_MESSAGE, {"id": campaign.pk})
        for locale, fallback, platform, audience, region, outcome, number in cursor.fetchall():
            name = outcome if outcome in OUTCOMES else "rejected"
            languages.setdefault(LanguageGroup(locale, fallback, platform), Counter())[name] += int(number)
            readers.setdefault(ReaderGroup(audience, region), Counter())[name] += int(number)
    return OutcomeTables(rows_of(languages), rows_of(readers) if len(readers) > 1 else [])


def rows_of(groups: Mapping[Group, Counter[str]]) -> list[OutcomeRow[Group]]:
    """Return a row for each group of which at least 20 phones have an outcome, the largest first, from exact counts.

    Smaller groups are one row together; while that row would be below 20, the next larger group joins it, so that a hidden group
    cannot be found by subtraction. A table that would still be below 20 is empty.
    """
    by_size = sorted(((group, counts) for group, counts in groups.items() if counts.total()), key=lambda item: item[1].total())
    together: Counter[str] = Counter()
    while by_size and (by_size[0][1].total() < MIN_AUDIENCE or 0 < together.total() < MIN_AUDIENCE):
        together += by_size.pop(0)[1]
    rows: list[OutcomeRow[Group]] = [OutcomeRow(group, _rounded(counts)) for group, counts in reversed(by_size)]
    if together.total() >= MIN_AUDIENCE:
        rows.append(OutcomeRow(None, _rounded(together)))
    return rows


def _rounded(counts: Counter[str]) -> dict[str, int | None]:
    return {outcome: rounded(counts[outcome]) if counts[outcome] else 0 for outcome in OUTCOMES}
