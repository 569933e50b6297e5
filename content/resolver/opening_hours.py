"""Whether opening hours (OSM `opening_hours`) are open at an instant, in the time zone and with the holidays of a service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opening_hours import OpeningHours, ParserError, UnknownCountryError  # type: ignore[attr-defined]  # its stubs lag

from content.resolver.types import ALWAYS_OPEN, UNKNOWN, Availability

ALWAYS = "24/7"
#: First and last year of the library's holiday tables; outside them public holidays are not known.
_FIRST_HOLIDAY_YEAR, _LAST_HOLIDAY_YEAR = 2000, 2076
HOLIDAYS = "PH"
#: A public holiday of a country that has a table.
HOLIDAY, COUNTRY_WITH_TABLE = datetime(2026, 12, 25), "GB"  # noqa: DTZ001  local time has no zone
COMMENT = '"'
#: Days ahead in which a change is looked for. Without a limit, hours that never change are searched up to the year 9999, which
#: takes seconds.
_DAYS_AHEAD = 366
_WEEKDAY = re.compile(r"\b(Mo|Tu|We|Th|Fr|Sa|Su)\b")


@dataclass(frozen=True, slots=True)
class _ParsedHours:
    schedule: OpeningHours
    zone: ZoneInfo
    #: Open on public holidays only; None where there is no holiday table for the country.
    holidays: OpeningHours | None
    #: The hours have a rule for public holidays.
    has_holiday_rule: bool
    #: The hours differ by weekday and have no rule for public holidays, so on one of those they are unknown.
    by_weekday: bool
    #: The same hours for local times in a country without public holidays.
    without_holidays: OpeningHours
    #: For hours with a rule for public holidays: the same hours with the holidays of a country that has a table.
    on_a_holiday: OpeningHours | None

    def unknown_on(self, local: datetime) -> bool:
        """Return whether the hours cannot be relied on that day, because it is, or may be, a public holiday."""
        if not (self.has_holiday_rule or self.by_weekday):
            return False
        if self.holidays is None or not _FIRST_HOLIDAY_YEAR <= local.year <= _LAST_HOLIDAY_YEAR:
            return True
        return self.by_weekday and bool(self.holidays.is_open(local))

    def may_be_open(self, local: datetime) -> bool:
        """Return whether the line is open at this time of day on any day of a week from that day on, or on a public holiday."""
        # Without a zone, because a time of day does not exist on each day: clocks are put forward.
        today = local.replace(tzinfo=None)
        if any(self.without_holidays.is_open(today + timedelta(days=days)) for days in range(7)):
            return True
        return self.on_a_holiday is not None and bool(
            self.on_a_holiday.is_open(HOLIDAY.replace(hour=local.hour, minute=local.minute))
        )


def hours_availability(hours: str | None, *, zone: str | None, country: str, at: datetime) -> Availability:
    """Return the availability by the hours at the instant `at` (aware); hours that cannot be read are unknown, never closed.

    `zone` is an IANA time zone, `country` the ISO 3166-1 code whose public holidays count.
    """
    if hours == ALWAYS:
        return ALWAYS_OPEN
    if not hours or not zone or not 1970 <= at.year < 2100:
        # Only these years exist both in the hours' grammar and in RFC 3339.
        return UNKNOWN
    if COMMENT in hours:
        # OSM calls a rule with a comment ("by appointment") unknown, and implementations differ over it.
        return UNKNOWN
    parsed = _parse(hours, zone, country)
    if parsed is None:
        return UNKNOWN
    local = at.astimezone(parsed.zone)
    if parsed.schedule.is_unknown(local) or (parsed.unknown_on(local) and parsed.may_be_open(local)):
        return UNKNOWN
    is_open = bool(parsed.schedule.is_open(local))
    change = parsed.schedule.next_change(local)
    if change is None or (not is_open and (parsed.unknown_on(change) or parsed.schedule.is_unknown(change))):
        # An opening on a public holiday that the hours have no rule for may not happen.
        return Availability(is_open)
    return Availability(is_open, change.astimezone(UTC))


def differ_by_weekday(hours: str) -> bool:
    """Return whether one of the rules is for some weekdays only."""
    # "Mo-Su 09:00-23:00" holds on every day, public holidays included.
    return any(_WEEKDAY.search(rule) is not None and "Mo-Su" not in rule for rule in hours.split(";"))


@lru_cache(maxsize=2048)
def _parse(hours: str, zone: str, country: str) -> _ParsedHours | None:
    try:
        time_zone = ZoneInfo(zone)
        holidays: OpeningHours | None
        try:
            schedule = OpeningHours(hours, timezone=time_zone, country=country, max_interval_days=_DAYS_AHEAD)
            holidays = OpeningHours(HOLIDAYS, timezone=time_zone, country=country)
        except UnknownCountryError:
            schedule, holidays = OpeningHours(hours, timezone=time_zone, max_interval_days=_DAYS_AHEAD), None
    except (ParserError, ZoneInfoNotFoundError, ValueError, OSError):
        return None
    has_holiday_rule = HOLIDAYS in hours
    by_weekday = not has_holiday_rule and differ_by_weekday(hours)
    on_a_holiday = OpeningHours(hours, country=COUNTRY_WITH_TABLE) if has_holiday_rule else None
    return _ParsedHours(schedule, time_zone, holidays, has_holiday_rule, by_weekday, OpeningHours(hours), on_a_holiday)
