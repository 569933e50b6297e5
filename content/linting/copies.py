"""A target that is not in its language: the source copied, or a text of another language.

The words that show a language are data, stop_words.json: the most frequent words of the texts that ship in it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from content.linting.fault import Fault, Strength
from content.linting.letters import WORD, script, scripts_of

_FOLDER = Path(__file__).parent
#: Shares of letters in the locale's own script: below the first a text is in another language, below the second it may be.
_FOREIGN, _DOUBTFUL = 0.5, 0.9
#: Letters of another script that a short text may have: "AI", the name of a file type, the name of a service.
_FEW = 8
#: Words that a text must have before its language can be told, and how clearly.
_WORDS, _HITS, _TIMES = 5, 3, 2.5
_SAME = (
    "The text is the source text as it is. Translate it. If it is a name or a brand, mark the source text as one that stays as "
    "it is in every language."
)


def copy_faults(source: str, target: str, locale: str, *, stays_as_is: bool = False) -> list[Fault]:
    """Return a fault where the target is the source's text, or reads like another language.

    `stays_as_is`: the source is a name or a brand, which the target may repeat.
    """
    same = " ".join(source.split()).casefold() == " ".join(target.split()).casefold()
    if same and stays_as_is:
        return []
    words = [match.group().casefold() for match in WORD.finditer(target)]
    if same and any(character.isalpha() for character in target) and not set(words) <= names():
        return [Fault("same-as-source", _SAME, Strength.REFUSE, 0, len(target))]
    letters = Counter(map(script, target))
    del letters[None]
    own = sum(letters[found] for found in scripts_of(locale))
    foreign = letters.total() - own
    if foreign > _FEW and own < _FOREIGN * letters.total():
        return [
            Fault("other-language", "Most of this text is not in the script of its language.", Strength.REFUSE, 0, len(target))
        ]
    if foreign > _FEW and own < _DOUBTFUL * letters.total():
        return [Fault("foreign-words", "Much of this text is not in the script of its language.", Strength.WARN)]
    if other := _other_language(words, locale):
        detail = f"This text reads like another language ({other})."
        return [Fault("other-language", detail, Strength.REFUSE, 0, len(target))]
    return []


def _other_language(words: list[str], locale: str) -> str | None:
    """Return the locale whose frequent words the text has, where they are clearly not those of its own language."""
    own = frequent_words().get(locale.partition("-")[0])
    if own is None or len(words) < _WORDS:
        return None
    needed = max(_HITS, _TIMES * sum(word in own for word in words))
    if needed > len(words):
        return None
    hits = {
        code: sum(word in frequent for word in words)
        for code, frequent in frequent_words().items()
        if frequent is not own and scripts_of(code) == scripts_of(locale)
    }
    nearest = max(hits, key=hits.__getitem__, default=None)
    return nearest if nearest is not None and hits[nearest] >= needed else None


@cache
def frequent_words() -> Mapping[str, frozenset[str]]:
    """Return the most frequent words by language."""
    table = json.loads((_FOLDER / "stop_words.json").read_text(encoding="utf-8"))
    return {language: frozenset(words.split()) for language, words in table.items()}


@cache
def names() -> frozenset[str]:
    """Return the words of names and brands, which stay as they are in every language, in lower case."""
    return frozenset(word.casefold() for word in json.loads((_FOLDER / "names.json").read_text(encoding="utf-8")))
