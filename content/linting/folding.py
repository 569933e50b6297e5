"""The form in which texts and term lists are compared: one spelling for everything that reads the same.

Every character becomes letters, marks and digits in lower case, or one of three separators.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

#: Replacements of the end of a sentence, of a pause inside one, and of every other separator.
END, PAUSE, SPACE = ".", ",", " "
SEPARATORS = f"{END}{PAUSE}{SPACE}"
_ENDS = frozenset(".!?…:;\n。！？｡।॥؟۔؛：；")
_PAUSES = frozenset(",،、，､—–()[]")
#: Tatweel, the vowel marks of Arabic script, the dots below letters that Indic writers set or leave out, and the dot that
#: stays behind when a Turkish capital İ becomes a small letter.
_DROPPED = frozenset("\u0640\u0670\u093c\u09bc\u0abc\u0b3c\u0307") | {chr(code) for code in range(0x064B, 0x0660)}
#: Letters that are one letter to readers, whichever keyboard wrote them: Arabic, Persian and Urdu, Devanagari, Turkish.
_SAME_LETTER = str.maketrans({
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ی": "ي", "ى": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ة": "ه", "ۃ": "ه", "ۀ": "ه",
    "ؤ": "و", "ँ": "ं", "ı": "i",
})  # fmt: skip
#: A word without a capital letter before one with: a sentence begins, though nothing ends the one before.
#: The English word I does not begin one.
_BEGINS = re.compile(r"(?<![^\W\d_])([^\W\d_]+) (?=(?!I[ ’'])([^\W\d_]))")


def _folded(character: str) -> str:
    if unicodedata.category(character) == "Cf" or character in _DROPPED:
        return ""
    if character in _ENDS:
        return END
    if character in _PAUSES:
        return PAUSE
    letters = unicodedata.normalize("NFKC", character).casefold().translate(_SAME_LETTER)
    return "".join(letter if unicodedata.category(letter)[0] in "LMN" else SPACE for letter in letters if letter not in _DROPPED)


class _Table(dict[int, str]):
    """The folded form of each character seen so far, by its code point."""

    def __missing__(self, code: int) -> str:
        self[code] = _folded(chr(code))
        return self[code]


_TABLE = _Table()


def fold(text: str) -> str:
    """Return a text in Unicode form NFC in the form for comparison."""
    return text.translate(_TABLE)


@dataclass(frozen=True)
class FoldedText:
    """A text in the form for comparison, with the way back to its own characters."""

    original: str

    @cached_property
    def text(self) -> str:
        """The folded text."""
        return fold(self.original)

    @cached_property
    def capitals(self) -> list[int]:
        """The offsets in the folded text of the words inside a sentence that begin with a capital letter."""
        found = (match.end() for match in _BEGINS.finditer(self.original) if match[1].islower() and match[2].isupper())
        return [bisect_left(self._starts, offset) for offset in found]

    def is_capital(self, at: int) -> bool:
        """Return whether the original of a folded letter is a capital letter."""
        return self.original[self._starts[at]].isupper()

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original text of a part of the folded one."""
        starts = self._starts
        return starts[start], starts[end - 1] + 1

    @cached_property
    def _starts(self) -> list[int]:
        """The offset in the original of each folded character."""
        return list(self._offsets())

    def _offsets(self) -> Iterator[int]:
        for offset, character in enumerate(self.original):
            for _ in _TABLE[ord(character)]:
                yield offset
