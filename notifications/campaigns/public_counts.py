"""What was sent, for the public: by month, country and outcome, so that no number says anything about a few phones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from notifications import cap
from notifications.campaigns.audience import rounded
from notifications.models.campaign import ALL, Campaign
from notifications.models.campaign_state import CampaignState

#: Months that are published, the newest first.
MONTHS = 36


class FinishedCampaign(NamedTuple):
    """The counts of one finished campaign."""

    finished_at: datetime
    countries: list[str]
    stopped: bool
    accepted: int
    rejected: int
    unknown: int
    skipped: int


@dataclass(frozen=True)
class MonthCount:
    """The alerts to one country that ended in one month. A number of phones of None is below 20, and not zero."""

    #: The first day of the month, in UTC.
    month: date
    #: ISO 3166-1 alpha-2; None for alerts to several countries.
    country: str | None
    alerts: int
    #: Those of `alerts` that a person stopped.
    stopped: int
    #: Outcome to the number of phones, rounded down to tens.
    phones: dict[str, int | None]


def month_counts(*, at: datetime) -> list[MonthCount]:
    """Return the counts of the months that are over, the newest first.

    A month is published once it is over, and its counts never change again: two readings a day apart cannot be subtracted. There
    are no sums from which a withheld number could be found.
    """
    this_month = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = divmod(this_month.year * 12 + this_month.month - 1 - MONTHS, 12)
    finished = (
        Campaign.objects.filter(status=cap.AlertStatus.ACTUAL, finished_at__lt=this_month)
        .filter(finished_at__gte=datetime(year, month + 1, 1, tzinfo=UTC))
        .values_list("finished_at", "countries", "state", "accepted", "rejected", "unknown", "skipped")
    )
    return counts_of(
        FinishedCampaign(ended_at, countries, state == CampaignState.STOPPED, *counts)
        for ended_at, countries, state, *counts in finished
        if ended_at is not None
    )


def counts_of(finished: Iterable[FinishedCampaign]) -> list[MonthCount]:
    """Add up campaigns by month and country, the newest month first and several countries last."""
    groups: defaultdict[tuple[date, str | None], list[FinishedCampaign]] = defaultdict(list)
    for campaign in finished:
        ended = campaign.finished_at.astimezone(UTC)
        country = campaign.countries[0] if len(campaign.countries) == 1 and campaign.countries != ALL else None
        groups[date(ended.year, ended.month, 1), country].append(campaign)
    return [
        MonthCount(
            month=month,
            country=country,
            alerts=len(inside),
            stopped=sum(campaign.stopped for campaign in inside),
            phones={
                outcome: _public(sum(getattr(campaign, outcome) for campaign in inside))
                for outcome in ("accepted", "rejected", "unknown", "skipped")
            },
        )
        for (month, country), inside in sorted(
            groups.items(), key=lambda item: (-item[0][0].toordinal(), item[0][1] is None, item[0][1] or "")
        )
    ]


def _public(number: int) -> int | None:
    return rounded(number) if number else 0
