"""From when an alert is in the feed of each country: from the first due instant of its phones there, fixed with the audience."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cache

import pycountry
from babel.core import get_global

from notifications.campaigns import schedule
from notifications.campaigns.audience import AudienceSegment
from notifications.models.campaign import ALL, Campaign


def openings(
    campaign: Campaign, members: Iterable[AudienceSegment], *, first: datetime, at: datetime
) -> dict[str, datetime | None]:
    """Return the opening of each country of the audience that does not open at `first`, the first due instant of all.

    A country without phones and topics opens when phones in its own time zones would be due first. None: not before the
    campaign's end. `at` is the instant of the freeze, as for `forecast`.
    """
    zones: defaultdict[str, set[str]] = defaultdict(set)
    for segment in members:
        if segment.is_topic or segment.devices:
            zones[segment.country].add(segment.zone)

    @cache
    def due_at(zone: str) -> datetime | None:
        return schedule.due_at(campaign, zone, at=at)

    found: dict[str, datetime | None] = {}
    for country in every_country() if campaign.countries == ALL else campaign.countries:
        inside = zones.get(country) or get_global("territory_zones").get(country) or (campaign.home_zone,)
        due = [instant for zone in inside if (instant := due_at(zone)) is not None]
        # A country without phones may have a zone that is ahead of all phones: nothing opens before the first message.
        opens = max(min(due), first) if due else None
        if opens != first:
            found[country] = opens
    return found


@cache
def every_country() -> tuple[str, ...]:
    """Return every assigned ISO 3166-1 alpha-2 code."""
    return tuple(country.alpha_2 for country in pycountry.countries)
