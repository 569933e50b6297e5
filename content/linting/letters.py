"""Letters, marks, words and scripts, as Unicode defines them.

Python's `\\w` has no combining marks, so it cuts words of Indic and other scripts in pieces; the patterns here do not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

import langcodes

#: The planes with letters and digits that people write.
_LAST = 0x1FFFF
#: The first words of the names of letters, where they are not the name of the script.
_ALIASES = {"FULLWIDTH": "LATIN", "HALFWIDTH": "KATAKANA", "IDEOGRAPHIC": "CJK", "KATAKANA-HIRAGANA": "KATAKANA"}
_SCRIPTS = frozenset({
    "LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "HEBREW", "ARABIC", "SYRIAC", "THAANA", "NKO", "DEVANAGARI", "BENGALI", "GURMUKHI",
    "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI", "LAO", "TIBETAN", "MYANMAR", "GEORGIAN",
    "HANGUL", "ETHIOPIC", "CHEROKEE", "CANADIAN", "KHMER", "MONGOLIAN", "HIRAGANA", "KATAKANA", "BOPOMOFO", "CJK", "COPTIC",
    "GLAGOLITIC", "MATHEMATICAL", "TIFINAGH", "LISU", "VAI", "DESERET",
})  # fmt: skip
#: ISO 15924 code of a locale's script → the names of letters in it.
_OF_CODE = {
    "Arab": {"ARABIC"},
    "Beng": {"BENGALI"},
    "Cyrl": {"CYRILLIC"},
    "Deva": {"DEVANAGARI"},
    "Grek": {"GREEK"},
    "Gujr": {"GUJARATI"},
    "Guru": {"GURMUKHI"},
    "Hans": {"CJK", "BOPOMOFO"},
    "Hant": {"CJK", "BOPOMOFO"},
    "Hebr": {"HEBREW"},
    "Jpan": {"CJK", "HIRAGANA", "KATAKANA"},
    "Kore": {"HANGUL", "CJK"},
    "Latn": {"LATIN"},
    "Mlym": {"MALAYALAM"},
    "Sinh": {"SINHALA"},
    "Taml": {"TAMIL"},
    "Thai": {"THAI"},
}
#: Scripts in which a joiner (ZWJ, ZWNJ) changes how letters are shown.
JOINING_SCRIPTS = frozenset({
    "ARABIC", "SYRIAC", "NKO", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA",
    "MALAYALAM", "SINHALA", "MYANMAR", "KHMER", "MONGOLIAN",
})  # fmt: skip
#: Scripts without spaces between words.
UNSPACED = frozenset({"THAI", "CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "LAO", "KHMER", "MYANMAR"})


def character_class(belongs: Callable[[str], bool]) -> str:
    """Return the inside of a regular expression's character class of all characters that belong to it."""
    ranges: list[list[int]] = []
    for code in range(_LAST + 1):
        if belongs(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


#: Marks and joiners, which continue a word.
MARKS = character_class(lambda character: unicodedata.category(character) in {"Mn", "Mc", "Me"}) + "\u200c\u200d"
#: A letter with its marks, and a word of letters and digits.
LETTER = rf"[^\W\d_][{MARKS}]*"
WORD = re.compile(rf"[^\W_][^\W_{MARKS}]*(?:[{MARKS}]+[^\W_]*)*")


@cache
def script(character: str) -> str | None:
    """Return the script of a letter in Unicode's words, None for other characters and for letters of no single script."""
    if not character.isalpha():
        return None
    first = unicodedata.name(character, "").split(" ")[0]
    name = _ALIASES.get(first, first)
    return name if name in _SCRIPTS else None


@cache
def scripts_of(locale: str) -> frozenset[str]:
    """Return the scripts that a locale is written in; Latin where nothing else is known."""
    return frozenset(_OF_CODE.get(langcodes.get(locale).maximize().script or "", {"LATIN"}))


def broader(locale: str) -> list[str]:
    """Return the locale and its shorter tags in the same script: es-419, es."""
    tags = [locale.rsplit("-", cut)[0] if cut else locale for cut in range(locale.count("-") + 1)]
    return [tag for tag in tags if scripts_of(tag) == scripts_of(locale)]
