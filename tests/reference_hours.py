"""Opening hours and notices: the last two sections of docs/resolver.md, written from it alone with a library for OSM hours."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opening_hours import (  # type: ignore[attr-defined]  # its stubs leave the errors out
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)


class Opening(NamedTuple):
    """Whether a channel or service is open (None: unknown), and the next change, where it is known."""

    open: bool | None
    closes_at: datetime | None = None
    opens_at: datetime | None = None


UNKNOWN = Opening(None)


def opening_of_channel(service: dict[str, Any], channel: dict[str, Any], at: datetime) -> Opening:
    """Return the opening of a channel at an instant (in UTC), by its hours and the notices of its service."""

    def by_hours(instant: datetime) -> Opening:
        return opening_of(channel["hours"], channel["zone"] or service["zone"], service["country"], instant)

    notices = [] if "emergency" in service["roles"] else service.get("notices", [])
    closures = [_times(n) for n in notices if n["kind"] == "closed" or _is_down(n, channel)]
    changes = [_times(n) for n in notices if n["kind"] == "hours-changed"]

    def now(instant: datetime) -> bool | None:
        if _applying(closures, instant):
            return False
        return None if _applying(changes, instant) else by_hours(instant).open

    begins = [start for start, _ in (*closures, *changes)]
    if now(at) is None:
        return UNKNOWN
    if now(at):
        hours = by_hours(at).closes_at
        soon = [start for start in begins if at < start <= at + timedelta(hours=24)]
        return Opening(True, closes_at=min(soon if hours is None else [*soon, hours], default=None))
    instant = at
    while now(instant) is False:
        if ends := _applying(closures, instant):
            instant = max(ends)
            continue
        opens = by_hours(instant).opens_at
        if opens is None:
            return Opening(False)
        instant = min([opens, *(start for start in begins if start > instant)])
    return Opening(False, opens_at=instant if now(instant) else None)


def _is_down(notice: dict[str, Any], channel: dict[str, Any]) -> bool:
    return bool(notice["kind"] == "channel-down" and notice["position"] == channel["position"])


def _times(notice: dict[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(notice["from"]), datetime.fromisoformat(notice["until"])


def _applying(times: list[tuple[datetime, datetime]], instant: datetime) -> list[datetime]:
    """Return the ends of the periods that include the instant."""
    return [until for start, until in times if start <= instant < until]


def opening_of(hours: str | None, zone: str | None, country: str, at: datetime) -> Opening:
    """Return the opening by the hours at an instant (in UTC)."""
    if hours == "24/7":
        return Opening(True)
    if not hours or not zone or not 1970 <= at.year <= 2099 or '"' in hours:
        return UNKNOWN
    by_weekday, with_holidays = _by_weekday(hours), "PH" in hours
    # The day does not matter: this asks whether there is a table.
    has_table = with_holidays and _is_holiday(country, date(2026, 1, 1)) is not None
    known_country = country if has_table else None
    try:
        local = at.astimezone(ZoneInfo(zone))
        times = OpeningHours(hours, timezone=ZoneInfo(zone), country=known_country, max_interval_days=366)
    except (ParserError, UnknownCountryError, ZoneInfoNotFoundError):
        return UNKNOWN

    def known(day: date) -> bool:
        if not (by_weekday or with_holidays):
            return True
        holiday = _is_holiday(country, day)
        return holiday is not None and not (by_weekday and holiday)

    def may_be_open() -> bool:
        week = [local.replace(tzinfo=None) + timedelta(days=days) for days in range(7)]
        if any(OpeningHours(hours).state(instant)[0] == State.OPEN for instant in week):
            return True
        # The rule for holidays, as it is on a day that is one in a country with a table.
        christmas = datetime(2026, 12, 25, local.hour, local.minute)
        return with_holidays and bool(OpeningHours(hours, country="GB").state(christmas)[0] == State.OPEN)

    state, _ = times.state(local)
    if state == State.UNKNOWN or (not known(local.date()) and may_be_open()):
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
    """Tell whether the day is a public holiday; None where there is no table for the country."""
    if not 2000 <= day.year <= 2076:
        return None
    try:
        return OpeningHours("PH", country=country).is_open(datetime(day.year, day.month, day.day))
    except UnknownCountryError:
        return None
