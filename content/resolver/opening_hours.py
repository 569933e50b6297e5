"""Whether a channel answers at an instant: OSM opening hours, read in the zone and with the holidays of its service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opening_hours import OpeningHours, ParserError, UnknownCountryError  # type: ignore[attr-defined]  # its stubs lag

_ALWAYS = "24/7"
#: The years of the holiday tables; outside them nobody knows which day is one.
_FIRST, _LAST = 2000, 2076
_HOLIDAYS = "PH"
_COMMENT = '"'
#: Days ahead in which a change is looked for: hours that never change would be searched to the year 9999, for seconds.
_AHEAD = 366
_WEEKDAY = re.compile(r"\b(Mo|Tu|We|Th|Fr|Sa|Su)\b")


@dataclass(frozen=True, slots=True)
class Answering:
    """Open now (None: not known), and the next instant at which that changes (None: not known, or never)."""

    open: bool | None
    changes_at: datetime | None = None


UNKNOWN = Answering(None)
ALWAYS_OPEN = Answering(True)


@dataclass(frozen=True, slots=True)
class _Hours:
    schedule: OpeningHours
    zone: ZoneInfo
    #: Tells public holidays; None where no table of the country's is at hand.
    holidays: OpeningHours | None
    #: Says itself what holds on a public holiday.
    names_holidays: bool
    #: Differs from day to day and says nothing of holidays: on one of them nobody knows.
    by_weekday: bool

    def unknown_on(self, local: datetime) -> bool:
        """Tell whether what the hours say of this day cannot be relied on."""
        if not (self.names_holidays or self.by_weekday):
            return False
        if self.holidays is None or not _FIRST <= local.year <= _LAST:
            return True
        return self.by_weekday and bool(self.holidays.is_open(local))


def answering(hours: str | None, *, zone: str | None, country: str, at: datetime) -> Answering:
    """Read the hours at the instant `at` (aware); what cannot be read is unknown, never closed."""
    if hours == _ALWAYS:
        return ALWAYS_OPEN
    if not hours or not zone or not 1970 <= at.year < 2100:
        # The years that hours and RFC 3339 can both say.
        return UNKNOWN
    if _COMMENT in hours:
        # "By appointment": OSM calls a rule with a comment unknown, and readers of hours differ over it.
        return UNKNOWN
    parsed = _parse(hours, zone, country)
    if parsed is None:
        return UNKNOWN
    local = at.astimezone(parsed.zone)
    if parsed.schedule.is_unknown(local) or parsed.unknown_on(local):
        return UNKNOWN
    opened = bool(parsed.schedule.is_open(local))
    change = parsed.schedule.next_change(local)
    if change is None or (not opened and (parsed.unknown_on(change) or parsed.schedule.is_unknown(change))):
        # An opening on a public holiday that the hours say nothing of may not come.
        return Answering(opened)
    return Answering(opened, change.astimezone(UTC))


@lru_cache(maxsize=2048)
def _parse(hours: str, zone: str, country: str) -> _Hours | None:
    try:
        here = ZoneInfo(zone)
        holidays: OpeningHours | None
        try:
            schedule = OpeningHours(hours, timezone=here, country=country, max_interval_days=_AHEAD)
            holidays = OpeningHours(_HOLIDAYS, timezone=here, country=country)
        except UnknownCountryError:
            schedule, holidays = OpeningHours(hours, timezone=here, max_interval_days=_AHEAD), None
    except (ParserError, ZoneInfoNotFoundError, ValueError, OSError):
        return None
    named = _HOLIDAYS in hours
    # "Mo-Su 09:00-23:00" says every day, and a holiday is one.
    by_weekday = not named and any(_WEEKDAY.search(rule) and "Mo-Su" not in rule for rule in hours.split(";"))
    return _Hours(schedule, here, holidays, named, by_weekday)
