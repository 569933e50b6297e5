"""OSM opening hours as HSDS schedules, as far as a week can say them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
#: Public and school holidays are in no week.
_HOLIDAYS = frozenset({"PH", "SH"})
_SPAN = r"\d\d:\d\d-\d\d:\d\d"
_RULE = re.compile(rf"(?:(?P<days>[A-Z][A-Za-z,-]*) )?(?P<times>off|{_SPAN}(?:,\s?{_SPAN})*)")
_DAY = 24 * 60

#: Minutes of a day from and to.
Span = tuple[int, int]


def weekly(hours: str) -> dict[Span, tuple[str, ...]] | None:
    """Return the days (`MO` …) of each span of a plain week, in order; None where the hours say more than a week can.

    A span past midnight is cut there, so that none ends before it begins; beside other rules it stays words, because readers of
    the grammar do not agree on what a later rule leaves of its second half.
    """
    week: dict[int, list[Span]] = {day: [] for day in range(7)}
    rules = hours.split(";")
    for rule in rules:
        if rule.strip() == "24/7":
            week = {day: [(0, _DAY)] for day in range(7)}
            continue
        match = _RULE.fullmatch(rule.strip())
        days = _days(match["days"]) if match is not None else None
        if match is None or days is None:
            return None
        spans = [] if match["times"] == "off" else [_span(text.strip()) for text in match["times"].split(",")]
        if any(span is None or (span[1] > _DAY and len(rules) > 1) for span in spans):
            return None
        # In OSM's grammar a later rule stands in place of an earlier one for its days.
        week |= {day: [span for span in spans if span is not None] for day in days}
    return _grouped(week)


def _days(names: str | None) -> list[int] | None:
    if names is None:
        return list(range(7))
    days: list[int] = []
    for name in names.split(","):
        if name in _HOLIDAYS:
            continue
        first, _, last = name.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            return None
        start, length = _DAYS.index(first), (_DAYS.index(last or first) - _DAYS.index(first)) % 7
        days += [(start + step) % 7 for step in range(length + 1)]
    return days


def _span(text: str) -> Span | None:
    start, end = (int(time[:2]) * 60 + int(time[3:]) for time in text.split("-"))
    if end < start:
        end += _DAY
    return (start, end) if start < _DAY and start < end <= start + _DAY else None


def _grouped(week: dict[int, list[Span]]) -> dict[Span, tuple[str, ...]]:
    found: dict[Span, set[int]] = {}
    for day, spans in week.items():
        for start, end in spans:
            found.setdefault((start, min(end, _DAY)), set()).add(day)
            if end > _DAY:
                found.setdefault((0, end - _DAY), set()).add((day + 1) % 7)
    order = sorted(found.items(), key=lambda item: (min(item[1]), item[0]))
    return {span: tuple(_DAYS[day].upper() for day in sorted(days)) for span, days in order}


def schedule_fields(hours: str, zone: str | None) -> Iterator[dict[str, str | float]]:
    """Yield the HSDS fields of each schedule row that the hours come to: at least one, with the hours as `description`."""
    week = weekly(hours)
    shared: dict[str, str | float] = {"description": hours}
    notes = [f"Local time in {zone}."] if zone else []
    if any(name in hours for name in _HOLIDAYS):
        notes.append("Holidays differ: the description tells how, as OSM opening hours.")
    if notes:
        shared["notes"] = " ".join(notes)
    if not week:
        yield shared
        return
    offset = steady_offset(zone) if zone else None
    suffix = _written(offset) if offset is not None else ""
    if offset is not None:
        shared["timezone"] = offset / timedelta(hours=1)
    for (start, end), days in week.items():
        # 24:00 is no time of HSDS; its own guidance writes the end of a day so.
        closes_at = _clock(min(end, _DAY - 1)) + suffix
        yield {**shared, "freq": "WEEKLY", "byday": ",".join(days), "opens_at": _clock(start) + suffix, "closes_at": closes_at}


@lru_cache(maxsize=256)
def steady_offset(zone: str) -> timedelta | None:
    """Return the zone's offset from UTC where it is the same all year; None where no single one would be right."""
    try:
        here = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    months = (datetime(year, month, 1, tzinfo=UTC) for year in range(2026, 2036) for month in range(1, 13))
    offsets = {month.astimezone(here).utcoffset() for month in months}
    return offsets.pop() if len(offsets) == 1 else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _written(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{_clock(abs(minutes))}" if minutes else "Z"
