"""Opening hours (OSM `opening_hours`) as a table of the usual week, and public holidays, for clients without a parser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from opening_hours import OpeningHours, ParserError, UnknownCountryError  # type: ignore[attr-defined]  # its stubs lag

from content.resolver.opening_hours import ALWAYS, COMMENT, COUNTRY_WITH_TABLE, HOLIDAY, HOLIDAYS, differ_by_weekday
from content.resolver.types import PackedOpening, PackedSpan, PackedWeek

#: Mondays in winter and in summer: hours that differ between the two depend on the season, and have no usual week.
_MONDAYS = (datetime(2026, 1, 12), datetime(2026, 7, 13))  # noqa: DTZ001  local time has no zone
_DAY, _MIDNIGHT = timedelta(days=1), "24:00"
_WHOLE_DAY: PackedOpening = {"opens": "00:00", "closes": _MIDNIGHT}
_EVERY_DAY = list(range(1, 8))


class _Unreadable(Exception):
    """The hours have no table."""


@lru_cache(maxsize=2048)
def usual_week(hours: str | None) -> PackedWeek | None:
    """Return the openings of a usual week and of a public holiday; None where the hours are unknown or depend on the season.

    Days are those of ISO 8601 (1 is Monday). An opening that ends after midnight belongs to the day on which it begins, and
    closes at an earlier time than it opens. `holidays` is None where the hours do not say what is so on one.
    """
    if hours == ALWAYS:
        return {"days": [{"days": _EVERY_DAY, **_WHOLE_DAY}], "holidays": [_WHOLE_DAY]}
    if not hours or COMMENT in hours:
        return None
    try:
        schedule = OpeningHours(hours)
        winter, summer = (_week(schedule, monday) for monday in _MONDAYS)
        holidays = _on_holidays(hours, winter)
    except (ParserError, _Unreadable):
        return None
    return {"days": list(_spans(winter)), "holidays": holidays} if winter == summer else None


@lru_cache(maxsize=512)
def public_holidays(country: str, year: int) -> tuple[date, ...]:
    """Return the public holidays of a country in a year; none where the library has no table of them."""
    try:
        schedule = OpeningHours(HOLIDAYS, country=country)
    except UnknownCountryError:
        return ()
    noons = (datetime(year, 1, 1, 12) + timedelta(days=days) for days in range(366))  # noqa: DTZ001  local time has no zone
    return tuple(noon.date() for noon in noons if noon.year == year and schedule.is_open(noon))


def _on_holidays(hours: str, week: list[list[PackedOpening]]) -> list[PackedOpening] | None:
    if HOLIDAYS in hours:
        return _day(OpeningHours(hours, country=COUNTRY_WITH_TABLE), HOLIDAY)
    # Hours that are the same on every day hold on holidays too.
    return None if differ_by_weekday(hours) else week[0]


def _week(schedule: OpeningHours, monday: datetime) -> list[list[PackedOpening]]:
    return [_day(schedule, monday + days * _DAY) for days in range(7)]


def _day(schedule: OpeningHours, midnight: datetime) -> list[PackedOpening]:
    """Return the openings that begin on a day, and those of a line that is open all day and longer."""
    found: list[PackedOpening] = []
    for begin, end, state, _ in schedule.intervals(midnight - _DAY, midnight + 2 * _DAY):
        if str(state) == "unknown" or end is None:
            raise _Unreadable()
        if str(state) != "open":
            continue
        is_long = end - begin > _DAY
        first, last = (max(begin, midnight), min(end, midnight + _DAY)) if is_long else (begin, end)
        if midnight <= first < midnight + _DAY and first < last:
            closes = _MIDNIGHT if last == midnight + _DAY else f"{last:%H:%M}"
            found.append({"opens": f"{first:%H:%M}", "closes": closes})
    return found


def _spans(week: list[list[PackedOpening]]) -> Iterator[PackedSpan]:
    """Yield each opening of the week once, with the days on which it is."""
    openings = sorted({(one["opens"], one["closes"]) for day in week for one in day})
    spans = [
        ([day for day in _EVERY_DAY if {"opens": opens, "closes": closes} in week[day - 1]], opens, closes)
        for opens, closes in openings
    ]
    for days, opens, closes in sorted(spans):
        yield {"days": days, "opens": opens, "closes": closes}
