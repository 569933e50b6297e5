"""The last paragraph of docs/resolver.md, on opening hours: written from it alone, with a library that reads OSM's hours."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opening_hours import OpeningHours, ParserError, State, UnknownCountryError


class Opening(NamedTuple):
    """Whether it is open (None: unknown), and the changes that are known."""

    open: bool | None
    closes_at: datetime | None = None
    opens_at: datetime | None = None


UNKNOWN = Opening(None)


def opening_of(hours: str | None, zone: str | None, country: str, at: datetime) -> Opening:
    """Read a channel's hours at an instant (in UTC)."""
    if hours == "24/7":
        return Opening(True)
    if not hours or not zone or not 1970 <= at.year <= 2099 or '"' in hours:
        return UNKNOWN
    by_weekday, with_holidays = _by_weekday(hours), "PH" in hours
    try:
        local = at.astimezone(ZoneInfo(zone))
        times = OpeningHours(hours, timezone=ZoneInfo(zone), country=country if with_holidays else None, max_interval_days=366)
    except (ParserError, UnknownCountryError, ZoneInfoNotFoundError):
        return UNKNOWN

    def known(day: date) -> bool:
        if not (by_weekday or with_holidays):
            return True
        holiday = _is_holiday(country, day)
        return holiday is not None and not (by_weekday and holiday)

    state, _ = times.state(local)
    if state == State.UNKNOWN or not known(local.date()):
        return UNKNOWN
    change = times.next_change(local)
    if state == State.OPEN:
        return Opening(True, closes_at=change)
    opening = change is not None and times.state(change)[0] == State.OPEN and known(change.date())
    return Opening(False, opens_at=change if opening else None)


def _by_weekday(hours: str) -> bool:
    rules = hours.split(";")
    return "PH" not in hours and any(re.search(r"\b(Mo|Tu|We|Th|Fr|Sa|Su)\b", rule) and "Mo-Su" not in rule for rule in rules)


def _is_holiday(country: str, day: date) -> bool | None:
    """Look into the country's table; None where there is none."""
    if not 2000 <= day.year <= 2076:
        return None
    try:
        return OpeningHours("PH", country=country).is_open(datetime(day.year, day.month, day.day))
    except UnknownCountryError:
        return None
