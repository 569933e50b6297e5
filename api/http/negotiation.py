"""Choose the country and locale of a response: from what was requested to what the release has."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
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
    """The country is not an assigned ISO 3166-1 alpha-2 code. Every assigned code is answered."""

    code = "unknown-country"


class UnknownLocale(NotFound):
    """There is no content in this language and script. `available` lists the locales."""

    code = "unknown-locale"


@dataclass(frozen=True, slots=True)
class CountryChoice:
    """The requested country, and the country whose pack answers (ZZ, worldwide, if it has none of its own)."""

    requested: str
    served: str

    def label(self) -> dict[str, str]:
        """Return the choice as it appears in responses."""
        return {"requested": self.requested, "served": self.served}


@dataclass(frozen=True, slots=True)
class LocaleChoice:
    """The requested locale, the one served and why they differ; `from_header` if Accept-Language decided."""

    requested: str | None
    served: str
    reason: str | None
    from_header: bool = False

    def label(self) -> dict[str, str | None]:
        """Return the choice as it appears in responses."""
        return {"requested": self.requested, "served": self.served, "reason": self.reason}


def choose_country(edition: Edition, requested: str | None) -> CountryChoice:
    """Return the choice for any assigned code in any case; None means worldwide. Raises UnknownCountry."""
    code = (requested or WORLDWIDE).upper()
    if _COUNTRY.fullmatch(code) is None or code not in edition.country_names:
        raise UnknownCountry(
            "The country is not an assigned ISO 3166-1 alpha-2 code. Every assigned code is answered; "
            "`available` lists the countries with services of their own.",
            available=list(edition.countries),
        )
    return CountryChoice(code, code if code in edition.countries else WORLDWIDE)


def assigned_country(requested: str) -> str:
    """Return the code of an assigned country, or ZZ, independently of any release. Raises UnknownCountry."""
    code = requested.upper()
    try:
        return code if code == WORLDWIDE else values.country(code)
    except values.InvalidValue:
        raise UnknownCountry("The country is not an assigned ISO 3166-1 alpha-2 code.") from None


def check_region(country: str, region: str | None) -> None:
    """Raise InvalidQuery if the region is not part of the country."""
    try:
        values.region(country, region)
    except values.InvalidValue as error:
        raise InvalidQuery({"region": [error.detail]}) from None


def choose_locale(edition: Edition, requested: str | None, header: str | None) -> LocaleChoice:
    """Match a requested tag, otherwise Accept-Language, otherwise the source language. Raises UnknownLocale for a tag."""
    if requested is not None:
        return _by_tag(edition, requested)
    if header and (matched := match_accept_language(header, list(edition.locales))):
        return LocaleChoice(None, matched, "accept-language", from_header=True)
    return LocaleChoice(None, SOURCE_LOCALE, "default", from_header=True)


def choose_spoken(edition: Edition, country: str, languages: Iterable[str], header: str | None) -> LocaleChoice:
    """Match the reader's languages in order of preference, then Accept-Language; never raises.

    A language in which the country has a pack comes first: the pack of another one may have been kept back.
    """
    requested = list(languages)
    here = [locale for locale in edition.locales if (country, locale) in edition.pack_digests]
    for locales in (here, edition.locales):
        for tag in requested:
            choice = _matched(locales, tag)
            if choice is None:
                continue
            if tag == requested[0]:
                return choice
            kept_back = _matched(edition.locales, requested[0]) is not None
            return LocaleChoice(requested[0], choice.served, "kept-back" if kept_back else "not-served")
    choice = choose_locale(edition, None, header)
    return LocaleChoice(requested[0], choice.served, "not-served", from_header=True) if requested else choice


def nearest_pack(edition: Edition, country: CountryChoice, locale: LocaleChoice) -> tuple[CountryChoice, LocaleChoice]:
    """Return the nearest country and locale with a pack, in case the gate blocked the exact one.

    The country takes precedence over the language: help that cannot be reached is no help. Raises NoRelease without any.
    """
    for code in dict.fromkeys((country.served, WORLDWIDE)):
        for tag in dict.fromkeys((locale.served, SOURCE_LOCALE)):
            if (code, tag) in edition.pack_digests:
                kept_back = (code, tag) != (country.served, locale.served)
                return replace(country, served=code), replace(locale, served=tag, reason="kept-back") if kept_back else locale
    raise NoRelease()


def _by_tag(edition: Edition, requested: str) -> LocaleChoice:
    choice = _matched(edition.locales, requested)
    if choice is None:
        raise UnknownLocale(available=list(edition.locales))
    return choice


def _matched(locales: Collection[str], requested: str) -> LocaleChoice | None:
    for locale in locales:
        if locale.lower() == requested.lower():
            return LocaleChoice(locale, locale, None)
    matched = match_accept_language(requested, list(locales)) if _TAG.fullmatch(requested) else None
    return None if matched is None else LocaleChoice(requested, matched, "same-language")


def explicit_location(path: str, query: Mapping[str, str], **changed: str) -> str:
    """Return the path with its query parameters and the changed ones, for Content-Location."""
    return f"{path}?{urlencode(sorted({**query, **changed}.items()))}"
