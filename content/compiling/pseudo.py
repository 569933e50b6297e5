"""Pseudo-locales for app developers: English texts that are longer, accented, or written from right to left.

They show what an app does with longer words, other letters and the other direction before a translation exists. The codes and
the ways of writing are those of Android and Chrome (https://developer.android.com/guide/topics/resources/pseudolocales).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from content.linting.locale_tag import PSEUDO_ACCENTED

_Write: TypeAlias = Callable[[str], str]

#: How much longer a text becomes, as a share of its characters.
LENGTHENED_BY = 0.35
_ACCENTED = str.maketrans("ABCDEGHIJKLNORSTUWYZabcdeghijklnorstuwyz", "ÅƁÇÐÉĜĤÎĴĶĻÑÖŔŠŢÛŴÝŽåƀçðéĝĥîĵķļñöŕšţûŵýž")
#: Tokens, the targets of links in Markdown, addresses, and words with a digit stay as they are.
_KEPT = re.compile(r"\{[^{}]*\}|\]\([^)\s]*\)|(?:https?://|www\.)\S+|\S+@\S+|\S*\d\S*")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LINE = re.compile(r"(?P<mark>\s*(?:[-*+]\s+|\d+[.)]\s+|#{1,6}\s+|>\s+)?)(?P<text>.*)")
#: U+200F and U+202E before a word, and U+202C and U+200F after it, show its letters from right to left.
_RTL = ("\u200f\u202e", "\u202c\u200f")
_FILLER = "one two three four five six seven eight nine ten "


def pseudo_text(text: str, locale: str) -> str:
    """Return an English text as the pseudo-locale writes it; tokens, numbers, links and Markdown stay as they are."""
    write = _accented if locale == PSEUDO_ACCENTED else _right_to_left
    return "\n".join(_line(line, write) for line in text.split("\n"))


def _line(line: str, write: _Write) -> str:
    match = _LINE.fullmatch(line)
    if match is None or not _WORD.search(match["text"]):
        return line
    kept = match["text"]
    return match["mark"] + _written(kept, write) + _written(_padding(len(kept)), write)


def _padding(length: int) -> str:
    """Return words of LENGTHENED_BY of the length, of at least a space and one letter."""
    size = max(2, round(length * LENGTHENED_BY))
    words = " " + (_FILLER * (size // len(_FILLER) + 1))[: size - 1]
    return words[:-1] + "." if words.endswith(" ") else words


def _written(text: str, write: _Write) -> str:
    found, at = [], 0
    for match in _KEPT.finditer(text):
        found += [write(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*found, write(text[at:])])


def _accented(text: str) -> str:
    return text.translate(_ACCENTED)


def _right_to_left(text: str) -> str:
    return _WORD.sub(lambda match: f"{_RTL[0]}{match[0]}{_RTL[1]}", text)
