"""How the console words states, dates, times, places and languages: no code is shown where people read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pycountry
from babel import Locale
from django.utils import timezone

from core.audit_verbs import Verb


@dataclass(frozen=True)
class StatusTag:
    """A state as a coloured label; the sign stands for it where there is no room for the text."""

    text: str
    #: Colour: "good", "wait", "bad" or "".
    tone: str = ""
    sign: str = ""


def date_text(day: date) -> str:
    """Return a date such as "1 December 2026"."""
    return f"{day:%-d %B %Y}"


def instant_text(instant: datetime, *, seconds: bool = False) -> str:
    """Return an instant by the clock of the page, such as "1 December 2026 at 17:30 London time"; in UTC outside the console.

    That is the clock of the reader (`ConsoleSite.admin_view`), and on the pages of a campaign that of the campaign
    (`use_clock_of`), so that every time on a page is told in one way. Times that a service plans are shown in its own time zone.
    """
    zone = timezone.get_current_timezone_name()
    return f"{local_text(timezone.localtime(instant), seconds=seconds)} {zone_text(zone)}"


def time_text(instant: datetime) -> str:
    """Return the time of day to the second by the clock of the page, such as "17:30:05 London time"."""
    return f"{timezone.localtime(instant):%H:%M:%S} {zone_text(timezone.get_current_timezone_name())}"


def local_text(moment: datetime, *, seconds: bool = False) -> str:
    """Return a date and time without its zone, such as "1 December 2026 at 17:30"."""
    return f"{date_text(moment)} at {moment:{'%H:%M:%S' if seconds else '%H:%M'}}"


def day_text(day: date) -> str:
    """Return a date with its day of the week, such as "Tuesday 1 December 2026"."""
    return f"{day:%A %-d %B %Y}"


def zoned_text(instant: datetime, zone: str, *, seconds: bool = False) -> str:
    """Return an instant by the clock of a time zone, such as "Tuesday 1 December 2026 at 17:30 London time"."""
    there = instant.astimezone(ZoneInfo(zone))
    return f"{day_text(there)} at {there:{'%H:%M:%S' if seconds or there.second else '%H:%M'}} {zone_text(zone)}"


def clock_text(instant: datetime, zone: str) -> str:
    """Return the day and the time of day in a zone, such as "Wednesday 1 July, 17:30 London time"."""
    return f"{instant.astimezone(ZoneInfo(zone)):%A %-d %B, %H:%M} {zone_text(zone)}"


def duration_text(length: timedelta) -> str:
    """Return a length of time in its largest unit, such as "3 hours"; below a minute "less than a minute"."""
    seconds = int(length.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}{'' if seconds // size == 1 else 's'}"
    return "less than a minute"


def sentence_case(text: str) -> str:
    """Return the text with a capital letter first; the others stay as they are."""
    return text[:1].upper() + text[1:]


def number_text(number: int) -> str:
    """Return a number with separators, such as "200,375"."""
    return f"{number:,}"


def zone_text(zone: str) -> str:
    """Return a time zone by its city, such as "London time" for Europe/London; "UTC" for UTC."""
    return f"{zone.rpartition('/')[2].replace('_', ' ')} time" if "/" in zone else zone


_LANGUAGE_NAMES: list[Callable[[str], str]] = []


def provides_language_names(provider: Callable[[str], str]) -> None:
    """Register the function that returns the English name of a language by its tag; the product has one."""
    _LANGUAGE_NAMES[:] = [provider]


def language_text(tag: str) -> str:
    """Return the English name of a language by its BCP 47 tag; the tag itself where it has no name."""
    return (_LANGUAGE_NAMES[0](tag) if _LANGUAGE_NAMES else "") or tag


@cache
def country_text(code: str) -> str:
    """Return the everyday English name of a country by its ISO 3166 code; "Worldwide" for ZZ."""
    return "Worldwide" if code == "ZZ" else Locale("en").territories.get(code, code)


#: Countries whose English names take an article inside a sentence, as the CLDR spells them ("the Netherlands").
_WITH_ARTICLE = frozenset({
    "AE", "AX", "BQ", "BS", "CC", "CF", "CK", "DO", "FK", "FO", "GB", "GM", "IM", "IO", "KM", "KY", "MH", "MP", "MV", "NL",
    "PH", "PN", "PS", "SB", "TC", "TF", "UM", "US", "VG", "VI",
})  # fmt: skip


def country_in_text(code: str) -> str:
    """Return the name of a country for the middle of a sentence, such as "the United Kingdom"; "worldwide" for ZZ."""
    name = "worldwide" if code == "ZZ" else country_text(code)
    return f"the {name}" if code in _WITH_ARTICLE else name


def pack_country_text(code: str) -> str:
    """Return the country of a pack, such as "the United Kingdom"; "countries without a pack of their own" for ZZ."""
    return "countries without a pack of their own" if code == "ZZ" else country_in_text(code)


def places_text(preposition: str, codes: Iterable[str], *, most: int, rest: bool = False) -> str:
    """Return countries with their preposition, such as "for the United Kingdom and worldwide".

    More countries than `most` are counted: all of them ("for 40 countries"), or, with `rest`, those after the first ones.
    """
    found = list(codes)
    names = [country_in_text(code) for code in found if code != "ZZ"]
    if len(names) > most:
        more = len(names) - most
        names = [*names[:most], f"{more} more {'country' if more == 1 else 'countries'}"] if rest else [f"{len(names)} countries"]
    named = listed([*names, *(["worldwide"] if "ZZ" in found else [])])
    return f"{preposition} {named}" if names else named


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them, such as "Ireland, Malta and Spain"."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


@cache
def region_text(code: str) -> str:
    """Return the name of a region by its ISO 3166-2 code, such as "Wales" for GB-WLS."""
    found = pycountry.subdivisions.get(code=code)
    return str(found.name).partition(" [")[0] if found else code


#: Model label → its name for people; the console packages of the apps fill it.
MODEL_NAMES: dict[str, str] = {}


def model_text(label: str) -> str:
    """Return the name of a model, such as "Translation" for content.Target; the label where it has none."""
    return MODEL_NAMES.get(label, label)


#: Values of audit entries that are words written with hyphens.
_WORDS = frozenset({"from_state", "to_state", "act", "kind", "change", "method", "answer", "problem"})
#: Values that are stored under another name than the one that pages use.
_RENAMED = {"take-back": "withdraw rights"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def detail_text(name: str, value: Any) -> str:
    """Return one value of an audit entry in words."""
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_item_text, value))
    text = str(value)
    if _DATE.fullmatch(text):
        return date_text(date.fromisoformat(text))
    return _RENAMED.get(text, text.replace("-", " ")) if name in _WORDS else text


def _item_text(item: Any) -> str:
    """Return one item of a list; of a changed field its name, because the campaign's history shows the values."""
    return str(item["field"]).replace(".", " ") if isinstance(item, dict) and "field" in item else str(item)


def verb_text(verb: str) -> str:
    """Return an audit verb as words, such as "Release published" for release.published."""
    return str(Verb(verb).label) if verb in Verb.values else verb
