"""Which names are IANA time zones."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache


def is_time_zone(name: str) -> bool:
    """Return whether this is the name of an IANA time zone."""
    return name in _names()


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
