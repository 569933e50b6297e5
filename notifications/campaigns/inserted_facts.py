"""Dates, times, ages, school years and names of services that stand in a text as tokens and are written out for each locale.

An author inserts `{date:2026-12-01}` once, and each language shows it as the Unicode CLDR says that it writes dates. The digits
of a token are checked by kind and range, so a telephone number cannot be written with them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any, Final

import langcodes
from babel import Locale, UnknownLocaleError, dates
from ruamel.yaml import YAML

from content.linting.fault import Fault
from content.linting.tokens import TOKEN, without_tokens
from content.models import Service
from core.console.display import language_text

#: Youngest and oldest age, and first and last school year, that a text may name.
AGES, SCHOOL_YEARS = (3, 25), (1, 13)
_YEAR_PHRASES = Path(__file__).with_name("school_years.yaml")
#: CLDR's names for a weekday, day and month in full; where a language has neither, the year stands in the date too.
_DAY_AND_MONTH = ("MMMMEEEEd", "MMMEEEEd")
#: English for readers of several countries: CLDR's "en" alone is that of the United States.
_WORLD_ENGLISH = "en-001"
#: Isolates keep a range of digits and a name in Latin letters in order inside right-to-left text.
_LEFT_TO_RIGHT, _END = "\u2066", "\u2069"


class UnknownFact(Exception):
    """The token is of no known kind, or its value is out of range."""


def render(text: str, locale: str, *, named_services: Mapping[str, str], country: str = "") -> str:
    """Return the text with each token written out for the locale; a token that cannot be written out stays as it is.

    `country` is the ISO 3166-1 code of the readers' only country, "" for several: British and American English differ.
    """
    if "{" not in text:
        return text

    def written_out(match: re.Match[str]) -> str:
        try:
            return _write(match["kind"], match["name"], locale, country, named_services)
        except UnknownFact:
            return match.group()

    return TOKEN.sub(written_out, text)


def faults(text: str, locale: str, *, named_services: Iterable[str]) -> Iterator[Fault]:
    """Yield a fault for each token that cannot be written out in the locale, and for two numbers with no word between them."""
    names = dict.fromkeys(named_services, "x")
    matches = list(TOKEN.finditer(text))
    for match in matches:
        try:
            _write(match["kind"], match["name"], locale, "", names)
        except UnknownFact as error:
            yield Fault("inserted-fact", str(error), start=match.start(), end=match.end())
    words = without_tokens(text)
    numbers = [match for match in matches if match["kind"] != "service"]
    for before, after in itertools.pairwise(numbers):
        kinds = {before["kind"], after["kind"]}
        between = words[before.end() : after.start()]
        if kinds != {"date", "time"} and not any(character.isalpha() for character in between):
            detail = "Two inserted numbers follow each other. Write a word between them."
            yield Fault("inserted-fact", detail, start=before.start(), end=after.end())


def services_named(texts: Iterable[str]) -> frozenset[str]:
    """Return the ids of the services that tokens in the texts name."""
    return frozenset(match["name"] for text in texts for match in TOKEN.finditer(text) if match["kind"] == "service")


def names_of(ids: Iterable[str]) -> dict[str, str]:
    """Return the official names of services by id, without those that do not exist."""
    wanted = sorted(set(ids))
    found = dict(Service.objects.approved().filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
    return {service: found[service] for service in wanted if service in found}


def without_inserted_facts(text: str) -> str:
    """Return the text with the kinds of tokens that only campaigns have replaced by signs, in its length."""
    return TOKEN.sub(lambda match: "\ufffc" * len(match.group()) if match["kind"] in _WRITERS else match.group(), text)


def _write(kind: str, value: str, locale: str, country: str, names: Mapping[str, str]) -> str:
    if kind == "service":
        if value not in names:
            raise UnknownFact("A text names a service that does not exist. Remove it, and insert another.")
        return f"{_LEFT_TO_RIGHT}{names[value]}{_END}"
    if kind not in _WRITERS:
        raise UnknownFact("Only dates, times, ages, school years and services can be inserted.")
    return _WRITERS[kind](value, locale, country)


def _date(value: str, locale: str, country: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise UnknownFact("An inserted date does not exist.") from error
    cldr = cldr_locale(locale, country)
    for skeleton in _DAY_AND_MONTH:
        # Without an exact match, Babel takes a shorter form, such as "Tue, Dec 1".
        if skeleton in cldr.datetime_skeletons:
            return dates.format_skeleton(skeleton, day, locale=cldr, fuzzy=False)
    return dates.format_date(day, "full", locale=cldr)


def _time(value: str, locale: str, country: str) -> str:
    try:
        moment = time.fromisoformat(value.replace("-", ":"))
    except ValueError as error:
        raise UnknownFact("An inserted time does not exist.") from error
    style = "medium" if moment.second else "short"
    return dates.format_time(moment, style, locale=cldr_locale(locale, country)).replace("\u202f", "\u00a0")


def _age(value: str, locale: str, country: str) -> str:
    return str(_whole(value, AGES, "An inserted age is from 3 to 25."))


def _ages(value: str, locale: str, country: str) -> str:
    first, _, last = value.partition("-")
    youngest = _whole(first, AGES, "An inserted age is from 3 to 25.")
    oldest = _whole(last, AGES, "An inserted age is from 3 to 25.")
    if youngest >= oldest:
        raise UnknownFact("Of two inserted ages, the first is the younger one.")
    return f"{_LEFT_TO_RIGHT}{youngest}–{oldest}{_END}"


def _school_year(value: str, locale: str, country: str) -> str:
    number = _whole(value, SCHOOL_YEARS, "An inserted school year is from 1 to 13.")
    phrase = year_phrase(locale)
    if phrase is None:
        raise UnknownFact(f"A school year cannot be written out in {language_text(locale)} yet. Use ages there.")
    return phrase.replace("{}", str(number))


_WRITERS: Final[Mapping[str, Callable[[str, str, str], str]]] = {
    "date": _date,
    "time": _time,
    "age": _age,
    "ages": _ages,
    "year": _school_year,
}


def _whole(value: str, bounds: tuple[int, int], otherwise: str) -> int:
    number = int(value) if re.fullmatch(r"[1-9]\d?", value) else 0
    if not bounds[0] <= number <= bounds[1]:
        raise UnknownFact(otherwise)
    return number


@cache
def cldr_locale(locale: str, country: str = "") -> Locale:
    """Return the CLDR locale, with the country's habits where CLDR knows the language there."""
    tag = langcodes.get(locale)
    tags = [tag.update_dict({"territory": country}).to_tag()] if country and not tag.territory else []
    world = [_WORLD_ENGLISH] if tag.to_tag() == "en" else []
    for candidate in (*tags, *world, locale, tag.language or "en", "en"):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("CLDR has English")


def year_phrase(locale: str) -> str | None:
    """Return how the locale's language names a school year, with {} for its number; None where nobody has written it."""
    return _year_phrases().get(langcodes.get(locale).language or "")


@cache
def _year_phrases() -> dict[str, str]:
    data: dict[str, Any] = YAML(typ="safe").load(_YEAR_PHRASES.read_text("utf-8"))
    return {str(language): str(phrase) for language, phrase in data.items()}
