"""A campaign's outcomes by language and platform, so that no number says anything about fewer than 20 phones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db import connection

from notifications.campaigns.audience import MIN_AUDIENCE, rounded
from notifications.models.campaign import Campaign

#: Outcomes of the table; every other name in a tally is the reason of a rejection.
OUTCOMES = ("accepted", "rejected", "unknown")

_BY_MESSAGE = """
    SELECT m.locale, m.fallback, m.platform, outcome.key, sum(outcome.value::bigint)
    FROM (
        SELECT b.tally FROM notifications_batch b JOIN notifications_wave w ON w.id = b.wave_id WHERE w.campaign_id = %(id)s
        UNION ALL SELECT tally FROM notifications_campaign WHERE id = %(id)s
    ) tallies, jsonb_each(tallies.tally) AS message, jsonb_each_text(message.value) AS outcome
    JOIN notifications_message m ON true
    WHERE m.campaign_id = %(id)s AND m.id::text = message.key AND m.platform <> ''
    GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class OutcomeRow:
    """The outcomes of one group of phones; a number of None is below 20, and not zero."""

    #: Locale of the text; "" for the groups of fewer than 20 phones together.
    locale: str
    #: Whether it is the text for readers of other languages.
    fallback: bool
    platform: str
    #: Outcome to its number, rounded down to tens.
    numbers: dict[str, int | None]


def outcome_table(campaign: Campaign) -> list[OutcomeRow]:
    """Return a row for each language and platform of which at least 20 phones have an outcome, the largest first.

    Smaller groups are one row together; while that row would be below 20, the next larger group joins it, so that a hidden group
    cannot be found by subtraction. A table that would still be below 20 is empty.
    """
    groups: dict[tuple[str, bool, str], Counter[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_MESSAGE, {"id": campaign.pk})
        for locale, fallback, platform, outcome, number in cursor.fetchall():
            name = outcome if outcome in OUTCOMES else "rejected"
            groups.setdefault((locale, fallback, platform), Counter())[name] += int(number)
    return rows_of(groups)


def rows_of(groups: dict[tuple[str, bool, str], Counter[str]]) -> list[OutcomeRow]:
    """Return the rows of `outcome_table` from exact counts."""
    by_size = sorted(((group, counts) for group, counts in groups.items() if counts.total()), key=lambda item: item[1].total())
    together: Counter[str] = Counter()
    while by_size and (by_size[0][1].total() < MIN_AUDIENCE or 0 < together.total() < MIN_AUDIENCE):
        together += by_size.pop(0)[1]
    rows = [OutcomeRow(*group, _rounded(counts)) for group, counts in reversed(by_size)]
    if together.total() >= MIN_AUDIENCE:
        rows.append(OutcomeRow("", False, "", _rounded(together)))
    return rows


def _rounded(counts: Counter[str]) -> dict[str, int | None]:
    return {outcome: rounded(counts[outcome]) if counts[outcome] else 0 for outcome in OUTCOMES}
