"""How long a text takes to read or to translate: its words, or its characters where the script has no spaces between words."""

from __future__ import annotations

from content.linting.length import reader_length
from content.linting.locale_tag import script_of
from content.linting.tokens import TOKEN

#: ISO 15924 codes of the scripts without spaces between words. Agencies count characters there.
_UNSPACED = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Jpan", "Hans", "Hant", "Hani"})


def word_count(text: str, locale: str) -> int:
    """Return the number of words, or of letters and digits in a script without spaces; a token is one word."""
    if counts_characters(locale):
        return reader_length("".join(character for character in TOKEN.sub("x", text) if character.isalnum()))
    return sum(any(character.isalnum() for character in part) for part in TOKEN.sub("x", text).split())


def counts_characters(locale: str) -> bool:
    """Return whether `word_count` counts characters in this locale."""
    return script_of(locale) in _UNSPACED
