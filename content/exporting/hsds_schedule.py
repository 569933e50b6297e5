"""OSM opening hours as HSDS schedules, where a plain week can express them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
#: Public and school holidays, which a weekly schedule cannot express.
_HOLIDAYS = frozenset({"PH", "SH"})
_SPAN = r"\d\d:\d\d-\d\d:\d\d"
_RULE = re.compile(rf"(?:(?P<days>[A-Z][A-Za-z,-]*) )?(?P<times>off|{_SPAN}(?:,\s?{_SPAN})*)")
_DAY = 24 * 60

#: Start and end in minutes of the day; the end is above 24:00 where the span goes past midnight.
Span = tuple[int, int]


def weekly(hours: str) -> dict[Span, tuple[str, ...]] | None:
    """Return the days (`MO` …) of each span of a plain week, in order; None where a plain week cannot express the hours.

    A span past midnight is split there, so that no span ends before it begins. Where there are other rules too it is not
    expressed, because implementations disagree on what a later rule leaves of its second half.
    """
    week: dict[int, list[Span]] = {day: [] for day in range(7)}
    rules = [rule.strip() for rule in hours.split(";")]
    for rule in rules:
        parsed = _parse_rule(rule)
        if parsed is None:
            return None
        days, spans = parsed
        if len(rules) > 1 and any(end > _DAY for _, end in spans):
            return None
        # In OSM's grammar a later rule replaces an earlier one on its days.
        week |= dict.fromkeys(days, spans)
    return _days_by_span(week)


def _parse_rule(rule: str) -> tuple[list[int], list[Span]] | None:
    """Return the days (0 is Monday) and the spans of one rule; None where a plain week cannot express it."""
    if rule == "24/7":
        return list(range(7)), [(0, _DAY)]
    match = _RULE.fullmatch(rule)
    days = _days(match["days"]) if match is not None else None
    if match is None or days is None:
        return None
    spans: list[Span] = []
    for text in match["times"].split(",") if match["times"] != "off" else ():
        span = _span(text.strip())
        if span is None:
            return None
        spans.append(span)
    return days, spans


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


def _days_by_span(week: dict[int, list[Span]]) -> dict[Span, tuple[str, ...]]:
    found: dict[Span, set[int]] = {}
    for day, spans in week.items():
        for start, end in spans:
            found.setdefault((start, min(end, _DAY)), set()).add(day)
            if end > _DAY:
                found.setdefault((0, end - _DAY), set()).add((day + 1) % 7)
    order = sorted(found.items(), key=lambda item: (min(item[1]), item[0]))
    return {span: tuple(_DAYS[day].upper() for day in sorted(days)) for span, days in order}


def schedule_fields(hours: str, zone: str | None) -> Iterator[dict[str, str | float]]:
    """Yield the HSDS fields of each schedule: at least one, and each with the hours themselves as `description`."""
    week = weekly(hours)
    shared: dict[str, str | float] = {"description": hours}
    notes = [f"Local time in {zone}."] if zone else []
    if any(name in hours for name in _HOLIDAYS):
        notes.append("Holidays differ: see the description, in OSM opening hours.")
    if notes:
        shared["notes"] = " ".join(notes)
    if not week:
        yield shared
        return
    offset = steady_offset(zone) if zone else None
    suffix = _utc_offset(offset) if offset is not None else ""
    if offset is not None:
        shared["timezone"] = offset / timedelta(hours=1)
    for (start, end), days in week.items():
        # HSDS has no 24:00; its guidance writes the end of a day as 23:59.
        closes_at = _clock(min(end, _DAY - 1)) + suffix
        yield {**shared, "freq": "WEEKLY", "byday": ",".join(days), "opens_at": _clock(start) + suffix, "closes_at": closes_at}


@lru_cache(maxsize=256)
def steady_offset(zone: str) -> timedelta | None:
    """Return the offset of the time zone from UTC where it is the same all year, else None."""
    try:
        here = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    months = (datetime(year, month, 1, tzinfo=UTC) for year in range(2026, 2036) for month in range(1, 13))
    offsets = {month.astimezone(here).utcoffset() for month in months}
    return offsets.pop() if len(offsets) == 1 else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _utc_offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{_clock(abs(minutes))}" if minutes else "Z"
