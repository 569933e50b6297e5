"""Local times that a clock skips or shows twice, because it is put forward or back."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.console.display import zone_text


def clock_fault(local: datetime, zone: ZoneInfo) -> str:
    """Say what is wrong with a local time (naive) that the clock of a city skips or shows twice; "" where nothing is."""
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return ""
    city = zone_text(zone.key)
    if (first.utcoffset() or timedelta()) < (second.utcoffset() or timedelta()):
        return f"This time does not exist: the clocks go forward over it that night ({city}). Choose another."
    return f"This time comes twice that night, because the clocks go back ({city}). Choose another."
