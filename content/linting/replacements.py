"""Find words in a text and replace them, without touching a token and without cutting a word or a letter in two."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from content.linting.letters import UNSPACED
from content.linting.text import normalize_text
from content.linting.tokens import without_tokens
from core.errors import Invalid

#: Characters that the words to find, and the words in their place, may have.
MAX_WORDS = 200
#: Joiners, which belong to the letters on both sides.
_JOINERS = "\u200c\u200d"


def checked_words(find: str, put: str) -> tuple[str, str]:
    """Return the words to find and those in their place in the form in which texts are stored; raise Invalid for others."""
    wanted, replacement = normalize_text(find), normalize_text(put)
    if not wanted:
        raise Invalid("Enter the words to find.", code="find", field="find")
    if max(len(wanted), len(replacement)) > MAX_WORDS:
        raise Invalid(f"Enter up to {MAX_WORDS} characters.", code="too-long", field="find")
    if set("{}") & set(wanted + replacement):
        raise Invalid("Tokens cannot be replaced: leave out words in braces.", code="token", field="find")
    if wanted == replacement:
        raise Invalid("Enter other words than those to find.", code="unchanged", field="put")
    return wanted, replacement


def replaced(text: str, find: str, put: str, *, whole_words: bool) -> str:
    """Return the text with `put` in each place of `find`; the text itself where there is none.

    With `whole_words`, a place inside a longer word does not count; scripts without spaces between words have no such places.
    """
    parts, end = [], 0
    for start in _places(without_tokens(text), find, whole_words=whole_words):
        parts += [text[end:start], put]
        end = start + len(find)
    return "".join([*parts, text[end:]])


def _places(text: str, find: str, *, whole_words: bool) -> Iterator[int]:
    start = text.find(find)
    while start != -1:
        end = start + len(find)
        if not _cuts(text, start, end, whole_words=whole_words):
            yield start
            start = text.find(find, end)
        else:
            start = text.find(find, start + 1)


def _cuts(text: str, start: int, end: int, *, whole_words: bool) -> bool:
    """Return whether the place begins or ends inside a letter with its marks or, if asked, inside a word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if after and (unicodedata.category(after)[0] == "M" or after == "\u200d"):
        return True
    if not whole_words:
        return False
    return _is_one_word(before, text[start]) or _is_one_word(text[end - 1], after)


def _is_one_word(left: str, right: str) -> bool:
    """Return whether two neighbouring characters belong to one word."""
    if not (_is_in_word(left) and _is_in_word(right)):
        return False
    return not (_is_without_spaces(left) or _is_without_spaces(right))


def _is_in_word(character: str) -> bool:
    return character != "" and (unicodedata.category(character)[0] in "LMN" or character in _JOINERS)


def _is_without_spaces(character: str) -> bool:
    return unicodedata.name(character, "").split(" ")[0] in UNSPACED
