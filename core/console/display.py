"""How the console words states, dates, times, places and languages: no code is shown where people read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

import pycountry
from babel import Locale, UnknownLocaleError

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


def instant_text(instant: datetime) -> str:
    """Return an instant such as "1 December 2026 at 17:30 UTC"."""
    return f"{local_text(instant.astimezone(UTC))} UTC"


def local_text(moment: datetime) -> str:
    """Return a date and time without its zone, such as "1 December 2026 at 17:30"; seconds only where they are not zero."""
    return f"{date_text(moment)} at {moment:{'%H:%M:%S' if moment.second else '%H:%M'}}"


def zone_text(zone: str) -> str:
    """Return a time zone by its city, such as "London time" for Europe/London; "UTC" for UTC."""
    return f"{zone.rpartition('/')[2].replace('_', ' ')} time" if "/" in zone else zone


@cache
def language_text(tag: str) -> str:
    """Return the English name of a language by its BCP 47 tag; the tag itself where it has no name."""
    try:
        return Locale.parse(tag, sep="-").get_display_name("en") or tag
    except (UnknownLocaleError, ValueError):
        return tag


@cache
def country_text(code: str) -> str:
    """Return the everyday English name of a country by its ISO 3166 code; "Worldwide" for ZZ."""
    return "Worldwide" if code == "ZZ" else Locale("en").territories.get(code, code)


@cache
def region_text(code: str) -> str:
    """Return the name of a region by its ISO 3166-2 code, such as "Wales" for GB-WLS."""
    found = pycountry.subdivisions.get(code=code)
    return str(found.name).partition(" [")[0] if found else code


def verb_text(verb: str) -> str:
    """Return an audit verb as words, such as "Release published" for release.published."""
    return str(Verb(verb).label) if verb in Verb.values else verb
