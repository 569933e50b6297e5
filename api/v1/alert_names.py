"""Names of countries, regions and readers in an alert's language: what the public reads holds no codes."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache

import pycountry
from babel import Locale, UnknownLocaleError

from api.reads.edition import Edition
from content.importing.page_texts_file import shipped_english
from content.terms import SOURCE_LOCALE, WORLDWIDE, Recipient
from notifications.campaigns.variants import READERS
from notifications.feed import FeedAlert

#: CLDR's code of the world.
_WORLD = "001"


def country_name(code: str, language: str, edition: Edition) -> str:
    """Return the name of a country in this language, as CLDR has it; else in English."""
    return _territories(language).get(code) or edition.country_names.get(code, code)


def event_name(language: str, edition: Edition) -> str:
    """Return what alerts are about in this language, where a translation is approved; else in English."""
    return edition.event_names.get(language) or edition.event_names.get(SOURCE_LOCALE) or shipped_english("alert")["event"]


def world_name(language: str) -> str:
    """Return the word for the world in this language; else in English."""
    return _territories(language).get(_WORLD) or "World"


def region_name(region: str, language: str) -> str:
    """Return the name of a region in this language, where ISO 3166-2 has been translated into it, else in English."""
    found = pycountry.subdivisions.get(code=region)
    # Some names carry another language and another code: "Wales [Cymru GB-CYM]".
    return _subdivision_names(language).gettext(str(found.name)).partition(" [")[0] if found else region


def readers_text(alert: FeedAlert, edition: Edition) -> str:
    """Return whom an alert is for, as the packs in its language call them; without a pack, in English."""
    digests = edition.pack_digests
    digest = digests.get((WORLDWIDE, alert["lang"])) or digests.get((WORLDWIDE, SOURCE_LOCALE))
    labels = edition.packs.parsed(digest)["labels"]["audiences"] if digest else {}
    return ", ".join(labels[name]["text"] if name in labels else READERS[Recipient(name)] for name in alert["audiences"])


@cache
def _territories(language: str) -> Mapping[str, str]:
    try:
        return dict(Locale.parse(language, sep="-").territories)
    except (UnknownLocaleError, ValueError):
        return {}


@cache
def _subdivision_names(language: str) -> gettext.NullTranslations:
    names = [language.replace("-", "_"), language.partition("-")[0]]
    return gettext.translation("iso3166-2", pycountry.LOCALES_DIR, languages=names, fallback=True)
