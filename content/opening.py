"""Whether a channel answers at an instant: OSM opening hours, read in the zone and with the holidays of its service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opening_hours import OpeningHours, ParserError, UnknownCountryError  # type: ignore[attr-defined]  # its stubs lag

_ALWAYS = "24/7"
#: What the holiday tables and RFC 3339 can both say; outside it nothing is known.
_FIRST, _LAST = 1970, 2100


@dataclass(frozen=True, slots=True)
class Answering:
    """Open now (None: not known), and the next instant at which that changes (None: not known, or never)."""

    open: bool | None
    changes_at: datetime | None = None


UNKNOWN = Answering(None)
ALWAYS_OPEN = Answering(True)


def answering(hours: str | None, *, zone: str | None, country: str, at: datetime) -> Answering:
    """Read the hours at the instant `at` (aware); what cannot be read is unknown, never closed."""
    if hours == _ALWAYS:
        return ALWAYS_OPEN
    if not hours or not zone or not _FIRST <= at.year < _LAST:
        return UNKNOWN
    parsed = _parse(hours, zone, country)
    if parsed is None:
        return UNKNOWN
    schedule, here = parsed
    local = at.astimezone(here)
    if schedule.is_unknown(local):
        return UNKNOWN
    change = schedule.next_change(local)
    return Answering(schedule.is_open(local), change.astimezone(UTC) if change is not None else None)


@lru_cache(maxsize=2048)
def _parse(hours: str, zone: str, country: str) -> tuple[OpeningHours, ZoneInfo] | None:
    try:
        here = ZoneInfo(zone)
        try:
            return OpeningHours(hours, timezone=here, country=country), here
        except UnknownCountryError:
            # No holiday table for this country: its weekdays still hold.
            return OpeningHours(hours, timezone=here), here
    except (ParserError, ZoneInfoNotFoundError, ValueError, OSError):
        return None
