"""Find any of many phrases in a folded text, in time that grows with the length of the text alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from content.linting.folding import END, PAUSE, SEPARATORS, SPACE, fold

#: In a phrase: any further letters of the same word.
REST = "*"
#: A place in a text: offsets of its first character and of the one after its last.
Span: TypeAlias = tuple[int, int]
_Trie: TypeAlias = dict[str, "_Trie"]
_LETTER = f"[^{re.escape(SEPARATORS)}]"
#: An empty key of the trie: a phrase ends here.
_COMPLETE = ""


def fold_phrase(phrase: str) -> str:
    """Return a phrase of a term list in the form for comparison; it keeps its REST signs."""
    parts = (fold(unicodedata.normalize("NFC", part)) for part in phrase.split(REST))
    return " ".join(REST.join(parts).split())


class Phrases:
    """The phrases of one list.

    With `spaced`, a phrase begins and ends where words do, and REST matches more letters; `prefixes` are letters that the
    language writes together before a word. Without, as in Japanese and Thai, a phrase is found anywhere.
    """

    def __init__(self, phrases: Iterable[str], *, spaced: bool = True, prefixes: Sequence[str] = ()) -> None:
        folded = sorted({fold_phrase(phrase) for phrase in phrases})
        self._pattern = re.compile(_pattern(folded, spaced=spaced, prefixes=prefixes)) if folded else None

    def find(self, text: str) -> list[Span]:
        """Return the places in a folded text, in order and without overlaps."""
        if self._pattern is None:
            return []
        return [match.span() for match in self._pattern.finditer(text)]

    def is_in(self, text: str) -> bool:
        """Return whether a folded text has one of the phrases."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def __bool__(self) -> bool:
        return self._pattern is not None


def sentence_ends(text: str) -> list[int]:
    """Return the offsets in a folded text at which a sentence ends, that of the text itself last."""
    return [*_offsets(text, END), len(text)]


def pauses(text: str, *, spaces: bool) -> list[int]:
    """Return the offsets in a folded text of commas and the like, and of spaces where the language uses them so."""
    found = _offsets(text, PAUSE)
    return sorted(found + _offsets(text, SPACE)) if spaces else found


def _offsets(text: str, sign: str) -> list[int]:
    found, at = [], text.find(sign)
    while at >= 0:
        found.append(at)
        at = text.find(sign, at + 1)
    return found


def _pattern(phrases: Iterable[str], *, spaced: bool, prefixes: Sequence[str]) -> str:
    """Return one pattern for all phrases. As a trie, it takes at most one way through a text from each place."""
    trie: _Trie = {}
    for phrase in phrases:
        node = trie
        for sign in phrase:
            node = node.setdefault(sign, {})
        node[_COMPLETE] = {}
    before = f"(?<!{_LETTER})" if spaced else ""
    if prefixes:
        before += f"(?:{'|'.join(re.escape(fold(prefix)) for prefix in sorted(prefixes, key=len, reverse=True))})?"
    return before + _branches(trie, f"(?!{_LETTER})" if spaced else "")


def _branches(node: _Trie, boundary: str) -> str:
    branches = [
        {SPACE: f"{SPACE}+", REST: f"{_LETTER}*"}.get(sign, re.escape(sign)) + _branches(rest, boundary)
        for sign, rest in node.items()
        if sign != _COMPLETE
    ]
    # The longer phrase first: "not your fault at all" rather than "not your fault".
    if _COMPLETE in node:
        branches.append(boundary)
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
