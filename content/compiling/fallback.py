"""Which locale is served: fallback between variants of one language, never across scripts; the source is the last resort."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import langcodes
from langcodes.tag_parser import LanguageTagError

from content.linting.locale_tag import MAX_DISTANCE, PSEUDO_LOCALES, standard_chain

_MAX_HEADER = 1000
#: Codes under which phones list a language that packs have under another one: Norwegian is Bokmål, Mandarin is Chinese.
_SAME_LANGUAGE = {"no": "nb", "cmn": "zh"}
_RANGE = re.compile(r"\s*(?P<tag>[A-Za-z0-9-]{1,35}|\*)\s*(?:;\s*q\s*=\s*(?P<q>[01](?:\.\d{0,3})?)\s*)?")


@dataclass(frozen=True)
class ServedLocale:
    """The locale that an item is served in, and why that is not the one asked for."""

    locale: str
    #: None (it is the one asked for), "not-translated", or "outdated": there is a translation, which was withdrawn.
    reason: str | None


def chain(locale: str, fallbacks: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the locale and its fallback locales, nearest first; `fallbacks` are the chains that were set by hand."""
    return [locale, *fallbacks[locale]] if locale in fallbacks else standard_chain(locale)


def choose_locale(
    candidates: Sequence[str], *, source: str, usable: Callable[[str], bool], withdrawn: Callable[[str], bool]
) -> ServedLocale:
    """Choose the locale in which one whole item is served; `candidates` is the chain of the locale that is asked for.

    `usable` says whether every text of the item can be served in a locale, `withdrawn` whether there is a complete translation
    that is kept back because its source has changed.
    """
    for candidate in candidates:
        if candidate == source or usable(candidate):
            return ServedLocale(candidate, None if candidate == candidates[0] else "not-translated")
    return ServedLocale(source, "outdated" if any(map(withdrawn, candidates)) else "not-translated")


def match_accept_language(header: str, available: Sequence[str]) -> str | None:
    """Return the available locale that the header prefers, in the same language and script only, or None."""
    for wanted in _ranges(header):
        if (best := _nearest(wanted, available)) is not None:
            return best
    return None


def _ranges(header: str) -> Iterator[str]:
    weighted: list[tuple[float, int, str]] = []
    for part in header[:_MAX_HEADER].split(","):
        match = _RANGE.fullmatch(part)
        if match and match["tag"] != "*" and (weight := float(match["q"] or 1)) > 0:
            weighted.append((-min(weight, 1.0), len(weighted), match["tag"]))
    return (tag for _, _, tag in sorted(weighted))


def _nearest(wanted: str, available: Sequence[str]) -> str | None:
    exact = next((tag for tag in available if tag.lower() == wanted.lower()), None)
    if exact is not None:
        return exact
    try:
        full = langcodes.get(wanted).maximize()
    except LanguageTagError:
        return None
    near = []
    for position, tag in enumerate(available):
        if tag in PSEUDO_LOCALES:
            continue
        other = langcodes.get(tag).maximize()
        if (_language(other), other.script) == (_language(full), full.script):
            distance = langcodes.tag_distance(wanted, tag)
            if distance <= MAX_DISTANCE:
                near.append((distance, position, tag))
    return min(near)[2] if near else None


def _language(tag: langcodes.Language) -> str:
    return _SAME_LANGUAGE.get(str(tag.language), str(tag.language))
