"""From what a client asked to what is served: its country, and a locale of the release in the same language and script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from api.http.errors import InvalidQuery
from api.reads.edition import Edition
from content.compiling.fallback import match_accept_language
from content.models.release import NoRelease
from content.terms import SOURCE_LOCALE, WORLDWIDE
from core.errors import NotFound
from notifications.registrations import values

_COUNTRY = re.compile(r"[A-Za-z]{2}")
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}")


class UnknownCountry(NotFound):
    """This is no assigned ISO 3166-1 country code."""

    code = "unknown-country"


class UnknownLocale(NotFound):
    """Nothing is served in this language and script."""

    code = "unknown-locale"


@dataclass(frozen=True, slots=True)
class CountryChoice:
    """The country asked for, and the one whose pack answers (ZZ, the worldwide one, where it has none of its own)."""

    requested: str
    served: str

    def label(self) -> dict[str, str]:
        """Return it as answers carry it."""
        return {"requested": self.requested, "served": self.served}


@dataclass(frozen=True, slots=True)
class LocaleChoice:
    """The locale asked for, the one served, and why they differ; `from_header` where Accept-Language decided."""

    requested: str | None
    served: str
    reason: str | None
    from_header: bool = False

    def label(self) -> dict[str, str | None]:
        """Return it as answers carry it."""
        return {"requested": self.requested, "served": self.served, "reason": self.reason}


def choose_country(edition: Edition, asked: str | None) -> CountryChoice:
    """Take any assigned code in any case; without one the worldwide pack answers. Raises UnknownCountry."""
    code = (asked or WORLDWIDE).upper()
    if _COUNTRY.fullmatch(code) is None or code not in edition.names:
        raise UnknownCountry(
            "This is no assigned ISO 3166-1 country code. Every assigned one is answered; those listed have their own services.",
            available=list(edition.countries),
        )
    return CountryChoice(code, code if code in edition.countries else WORLDWIDE)


def assigned_country(asked: str) -> str:
    """Return the code of an assigned country, or ZZ, for what no release decides. Raises UnknownCountry."""
    code = asked.upper()
    try:
        return code if code == WORLDWIDE else values.country(code)
    except values.NotAValue:
        raise UnknownCountry("This is no assigned ISO 3166-1 country code.") from None


def check_region(country: str, region: str | None) -> None:
    """Refuse (InvalidQuery) a region that is none of the country's."""
    try:
        values.region(country, region)
    except values.NotAValue as error:
        raise InvalidQuery({"region": [error.detail]}) from None


def choose_locale(edition: Edition, asked: str | None, header: str | None) -> LocaleChoice:
    """Match a tag asked for by name, else Accept-Language, else the source language. Raises UnknownLocale for a name."""
    if asked is not None:
        return _named(edition, asked)
    if header and (matched := match_accept_language(header, list(edition.locales))):
        return LocaleChoice(None, matched, "accept-language", from_header=True)
    return LocaleChoice(None, SOURCE_LOCALE, "default", from_header=True)


def choose_spoken(edition: Edition, languages: Iterable[str], header: str | None) -> LocaleChoice:
    """Match the languages a reader named, best first, before Accept-Language; never refuse."""
    wishes = list(languages)
    for tag in wishes:
        try:
            choice = _named(edition, tag)
        except UnknownLocale:
            continue
        return LocaleChoice(wishes[0], choice.served, None if tag == wishes[0] else "not-served")
    choice = choose_locale(edition, None, header)
    return LocaleChoice(wishes[0], choice.served, "not-served", from_header=True) if wishes else choice


def settle(edition: Edition, country: CountryChoice, locale: LocaleChoice) -> tuple[CountryChoice, LocaleChoice]:
    """Return the nearest place that the release holds a pack for: one that the gate kept back is no dead end.

    The country comes before the language: help that cannot be reached is no help. Raises NoRelease where nothing is left.
    """
    for code in dict.fromkeys((country.served, WORLDWIDE)):
        for tag in dict.fromkeys((locale.served, SOURCE_LOCALE)):
            if (code, tag) in edition.places:
                kept_back = (code, tag) != (country.served, locale.served)
                return replace(country, served=code), replace(locale, served=tag, reason="kept-back") if kept_back else locale
    raise NoRelease()


def _named(edition: Edition, asked: str) -> LocaleChoice:
    for locale in edition.locales:
        if locale.lower() == asked.lower():
            return LocaleChoice(locale, locale, None)
    matched = match_accept_language(asked, list(edition.locales)) if _TAG.fullmatch(asked) else None
    if matched is None:
        raise UnknownLocale("Nothing is served in this language and script.", available=list(edition.locales))
    return LocaleChoice(asked, matched, "same-language")


def explicit_location(path: str, query: Mapping[str, str], **changed: str) -> str:
    """Return the path with its parameters and the changed ones, for Content-Location."""
    return f"{path}?{urlencode(sorted({**query, **changed}.items()))}"
