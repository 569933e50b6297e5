"""Opening hours (OSM `opening_hours`) as people read them, in the words of a locale: "Mon–Fri 9:00 AM–5:00 PM"."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_time, get_timezone_location
from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]  # its stubs lag

#: Mondays in winter and summer: hours that differ between the two depend on the season, and have no weekly table.
_MONDAYS = (datetime(2026, 1, 12), datetime(2026, 7, 13))  # noqa: DTZ001  local time has no zone

#: OSM calls a rule with a comment ("by appointment") unknown.
_COMMENT = '"'

#: (begin, end) of each opening of a day.
_Day = tuple[tuple[time, time], ...]


def babel_locale(tag: str, country: str) -> Locale | None:
    """Return the locale as it is written in the country, else the locale alone; None where CLDR has neither."""
    base = tag.replace("-", "_")
    for name in (f"{base}_{country}", base):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return None


def hours_in_words(hours: str, *, zone: str | None, country: str, words: Locale) -> str | None:
    """Return the hours of a usual week, or None where they cannot be read or differ by season.

    Where the country has several time zones, the city of `zone` (IANA) follows.
    """
    tables = [_table(hours, monday) for monday in _MONDAYS]
    if tables[0] is None or tables[0] != tables[1] or not any(tables[0]):
        return None
    table = tables[0]
    # Not "stand-alone": where a locale inherits those names, Babel returns the names of the locale that was loaded before.
    names = words.days["format"]["abbreviated"]
    parts = []
    first = 0
    while first < 7:
        last = first
        while last < 6 and table[last + 1] == table[first]:
            last += 1
        if table[first]:
            days = names[first] if first == last else f"{names[first]}–{names[last]}"
            spans = ", ".join(f"{_clock(begin, words)}–{_clock(end, words)}" for begin, end in table[first])
            parts.append(f"{days} {spans}")
        first = last + 1
    city = ""
    if zone and len(get_global("territory_zones").get(country, ())) > 1:
        city = f" ({get_timezone_location(zone, locale=words, return_city=True)})"
    return "; ".join(parts) + city


def _clock(moment: time, words: Locale) -> str:
    # Few fonts have the narrow space that CLDR puts before "AM".
    return format_time(moment, "short", locale=words).replace("\u202f", "\u00a0")


def _table(hours: str, monday: datetime) -> list[_Day] | None:
    """Return the openings of each day from that Monday on; an opening past midnight belongs to the day on which it begins."""
    if _COMMENT in hours:
        return None
    try:
        schedule = OpeningHours(hours)
    except ParserError:
        return None
    days: list[list[tuple[time, time]]] = [[] for _ in range(7)]
    for begin, end, state, _ in schedule.intervals(monday - timedelta(days=1), monday + timedelta(days=8)):
        if str(state) == "unknown":
            return None
        if str(state) != "open" or not monday <= begin < monday + timedelta(days=7):
            continue
        if end is None or end - begin >= timedelta(days=1):
            return None
        days[(begin - monday).days].append((begin.time(), end.time()))
    return [tuple(day) for day in days]
