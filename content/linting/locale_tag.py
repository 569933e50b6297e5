"""What a BCP 47 tag says, by the IANA registry and CLDR: its canonical form, script, direction, digits, names and neighbours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import langcodes
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from langcodes.tag_parser import LanguageTagError

from content.linting.language_names import english_name
from core.errors import Invalid

#: Further apart, CLDR's distance means another language for most readers. The default of langcodes would serve Russian to a
#: reader of Ukrainian.
MAX_DISTANCE = 10
#: Scripts that are written from right to left, by ISO 15924.
RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Aran", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"})
#: The pseudo-locales, which are made from English, with their names: one with accents, and one from right to left.
PSEUDO_ACCENTED, PSEUDO_RIGHT_TO_LEFT = "en-XA", "ar-XB"
PSEUDO_LOCALES = {
    PSEUDO_ACCENTED: "Pseudo-locale with accents",
    PSEUDO_RIGHT_TO_LEFT: "Pseudo-locale from right to left",
}
_SHAPE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}")
#: Codes that ISO 639 and ISO 3166 leave to private use, or that name no one language; langcodes counts them as valid.
_NO_LANGUAGE = re.compile(r"q[a-t][a-z]|und|mul|mis|zxx")
_NO_REGION = re.compile(r"AA|Q[M-Z]|X(?!K)[A-Z]|ZZ")


class TagRefused(Invalid):
    """No language has such a tag."""

    code = "locale-tag"


def canonical_tag(text: str) -> str:
    """Return the canonical form of a tag: he for iw, zh-Hant-TW for zh-TW, sr for sr-Cyrl; TagRefused where it is none.

    Deprecated codes give way to their successors (RFC 5646, section 4.5). The script is written where it is not the one that
    the language has by itself, also where the region alone would say so, because fallback and negotiation compare scripts.
    """
    tag = text.strip().replace("_", "-")
    if not _SHAPE.fullmatch(tag):
        raise TagRefused("Enter a language tag such as so, pa-Arab or pt-PT.")
    try:
        given = langcodes.get(langcodes.standardize_tag(tag))
    except LanguageTagError:
        raise TagRefused(f"{tag} is not a well-formed language tag.") from None
    if given.extensions or given.private or not given.is_valid() or _NO_LANGUAGE.fullmatch(given.language or "und"):
        raise TagRefused(f"{tag} names no language, script or region of the IANA registry.")
    if _NO_REGION.fullmatch(given.territory or ""):
        raise TagRefused(f"The region {given.territory} is for private use, so no reader asks for {tag}.")
    return _with_script(given.update(langcodes.Language.make(language=_cldr_language(given))))


def _cldr_language(given: langcodes.Language) -> str:
    """Return the language, or the macrolanguage by which CLDR knows its main member: zh for cmn, but nb for nb."""
    wider = langcodes.Language.make(language=given.language).prefer_macrolanguage().language
    return str(wider if get_global("language_aliases").get(given.language or "") == wider else given.language)


def _with_script(given: langcodes.Language) -> str:
    """Return the tag with its script where it must be written, and without it elsewhere."""
    alone = langcodes.Language.make(language=given.language).maximize().script
    there = langcodes.Language.make(language=given.language, territory=given.territory).maximize().script
    script = given.script or there
    needed = script != alone or there != alone
    tag = langcodes.Language.make(
        language=given.language, script=script if needed else None, territory=given.territory, variants=given.variants
    )
    return str(tag.to_tag())


@cache
def script_of(code: str) -> str:
    """Return the ISO 15924 code of the script in which a locale is written."""
    return str(langcodes.get(code).maximize().script)


def direction_of(code: str) -> str:
    """Return "ltr" or "rtl", by the script of the locale."""
    return "rtl" if script_of(code) in RIGHT_TO_LEFT else "ltr"


@cache
def cldr_locale(code: str) -> Locale:
    """Return CLDR's data for the locale, for a wider one, or English where CLDR has none for the language."""
    tag = code
    while tag:
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            tag = tag.rpartition("-")[0]
    return Locale("en")


def names_of(code: str) -> tuple[str, str]:
    """Return the English name of a locale and CLDR's name for it in the language itself; "" where there is none."""
    try:
        own = Locale.parse(code, sep="-").get_display_name() or ""
    except (UnknownLocaleError, ValueError):
        own = ""
    return english_name(code), own[:1].upper() + own[1:]


def digits_of(code: str) -> str:
    """Return the ten digits in which CLDR writes numbers for the locale, from zero to nine."""
    zero = _ZEROS.get(str(cldr_locale(code).default_numbering_system), "0")
    return "".join(chr(ord(zero) + value) for value in range(10))


def standard_chain(code: str) -> list[str]:
    """Return the locale and its broader variants in the same script, nearest first: es-MX, es-419, es."""
    parents = get_global("parent_exceptions")
    found, tag, script = [], code, script_of(code)
    while tag and tag not in ("root", "und") and script_of(tag) == script:
        found.append(tag)
        tag = (parents.get(tag.replace("-", "_")) or tag.rpartition("-")[0]).replace("_", "-")
    return found


@cache
def is_variant(other: str, code: str) -> bool:
    """Return whether most readers of `code` read `other` as their own language, in their script."""
    if script_of(other) != script_of(code):
        return False
    return other in standard_chain(code) or langcodes.tag_distance(code, other) <= MAX_DISTANCE


def chain_faults(code: str, others: Sequence[str], *, known: Iterable[str], chain: Callable[[str], Sequence[str]]) -> list[str]:
    """Return one sentence for each rule that a fallback chain breaks.

    `others` are the fallback locales of `code`, nearest first, of which each must be `known`; `chain` returns those that
    stand in for another locale.
    """
    faults, locales = [], {*known}
    for other in others:
        if other == code:
            faults.append(f"{code} cannot be its own fallback.")
        elif other not in locales:
            faults.append(f"{other} is not one of the languages here.")
        elif script_of(other) != script_of(code):
            faults.append(f"{other} is written in another script than {code}, which its readers may not know.")
        elif not is_variant(other, code):
            faults.append(f"{other} is another language than {code}, not a variant of it.")
        elif code in _reached(other, chain):
            faults.append(f"{other} falls back to {code}, so the chain would be a circle.")
    if len({*others}) < len(others):
        faults.append("A language is in the chain twice.")
    return faults


def _reached(start: str, chain: Callable[[str], Sequence[str]]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        new = {*chain(waiting.pop())} - found
        found |= new
        waiting += new
    return found


#: The digit zero of each numbering system that CLDR has as the default of a locale, beside Western digits.
_ZEROS = {
    "adlm": "\U0001e950",
    "arab": "\u0660",
    "arabext": "\u06f0",
    "beng": "\u09e6",
    "cakm": "\U00011136",
    "deva": "\u0966",
    "hmnp": "\U0001e140",
    "mtei": "\uabf0",
    "mymr": "\u1040",
    "nkoo": "\u07c0",
    "olck": "\u1c50",
    "rohg": "\U00010d30",
    "tibt": "\u0f20",
}
