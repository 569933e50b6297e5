"""Whether it is night where the young person is, as far as the zones of a pack's services tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from content.resolver.types import PackedService

_NIGHT_BEGINS, _NIGHT_ENDS = 22, 8


def is_night(services: Iterable[PackedService], at: datetime) -> bool:
    """Return whether it is 22:00 to 8:00 at the instant `at` (aware), in the zone of the first service by id that is here."""
    hour = at.astimezone(_zone(services)).hour
    return hour >= _NIGHT_BEGINS or hour < _NIGHT_ENDS


def _zone(services: Iterable[PackedService]) -> tzinfo:
    for _, zone in sorted((s["id"], s["zone"]) for s in services if s["zone"] and s["country"] != "ZZ"):
        try:
            return ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return UTC
