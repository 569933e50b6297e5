"""Numbers written with words, ideographs, Roman numerals, or letters that look like digits.

The words are data: content/facts/number_words.json, from CLDR's spell-out rules (`tools/facts/number_words.py`).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from content.linting.letters import UNSPACED, WORD, broader, scripts_of
from content.linting.numbers import Number

_FILE = Path(__file__).resolve().parents[1] / "facts" / "number_words.json"
#: So many digits, each written as a word, are a phone number rather than a count: 112, 999, 119.
_SHORTEST = 3
#: Characters between two words of one number, at most.
_GAP = 3
_MOST_WORDS = 4
#: Spellings of 11 to 99 that are other words as well; they are never taken for a number.
_AMBIGUOUS: Mapping[str, frozenset[str]] = {}

_AS_DIGITS = str.maketrans("OoОоΟοlI|ІΙı", "000000111111")
_LETTERS = "OoОоΟοlI|ІΙı"
#: Digits mixed with such letters, then perhaps further groups of them; a single o after digits is an ordinal: 10o.
_MIXED = re.compile(
    rf"(?<!\w)(?=[{_LETTERS}]*\d)(?=\d*[{_LETTERS}])(?!\d+[{_LETTERS}](?!\w))"
    rf"[\d{_LETTERS}]{{3,}}(?:[ -][\d{_LETTERS}]{{3,}})*(?!\w)"
)
#: Letters alone: four or more of those that no word is made of.
_LETTERS_ALONE = re.compile(r"(?<!\w)[OIl|]{4,}(?!\w)")
_ROMAN_VALUES = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}
_ROMAN = re.compile(r"(?<!\w)[IVX]{1,4}(?:[\s,.·-]{1,3}[IVX]{1,4}){2,}(?!\w)")
_IDEOGRAPHS = {**{digit: value for value, digit in enumerate("〇一二三四五六七八九")}, "零": 0}
_IDEOGRAPH = "〇零一二三四五六七八九"
_IDEOGRAPH_DIGITS = re.compile(rf"[{_IDEOGRAPH}](?:[\s、，,.・‧–-]{{0,2}}[{_IDEOGRAPH}]){{2,}}")
_IDEOGRAPH_TENS = re.compile(rf"(?<![{_IDEOGRAPH}十百千])([二三四五六七八九]?)十([一二三四五六七八九]?)(?![{_IDEOGRAPH}十百千])")


@dataclass(frozen=True)
class SpelledNumber:
    """One number of 0 to 99 that is written in words."""

    value: int
    start: int
    end: int


@dataclass(frozen=True)
class _Words:
    """The words of one locale."""

    digits: tuple[str, ...]
    values: Mapping[tuple[str, ...], int]
    #: For scripts without spaces: any of the words, the longest first.
    unspaced: re.Pattern[str] | None
    #: The first word of each.
    beginnings: frozenset[str] = frozenset()


def digit_words(locale: str) -> tuple[str, ...] | None:
    """Return the words for zero to nine as they are read aloud in a locale, None where there are none."""
    words = _words_of(locale)
    return words.digits if words else None


@lru_cache(maxsize=2048)
def spelled_numbers(text: str, locale: str) -> Sequence[SpelledNumber]:
    """Return the numbers of 0 to 99 that are written in words or ideographs, in order."""
    words = _words_of(locale)
    found = [
        SpelledNumber(10 * _IDEOGRAPHS.get(match[1], 1) + _IDEOGRAPHS.get(match[2], 0), *match.span())
        for match in _IDEOGRAPH_TENS.finditer(text)
        if len(match.group()) > 1
    ]
    if words is None:
        return found
    spelled = _unspaced(text, words.unspaced, words.values) if words.unspaced else _spaced(text, words)
    return [*found, *spelled]


def disguised_numbers(text: str, locale: str) -> list[Number]:
    """Return the numbers whose digits are words, ideographs, Roman numerals or letters that look like digits."""
    found = [Number(_only_digits(match.group().translate(_AS_DIGITS)), *match.span()) for match in _MIXED.finditer(text)]
    found += [Number(match.group().translate(_AS_DIGITS), *match.span()) for match in _LETTERS_ALONE.finditer(text)]
    for match in _ROMAN.finditer(text):
        values = [_ROMAN_VALUES.get(numeral) for numeral in re.findall("[IVX]+", match.group())]
        if None not in values:
            found.append(Number("".join(map(str, values)), *match.span()))
    for match in _IDEOGRAPH_DIGITS.finditer(text):
        digits = "".join(str(_IDEOGRAPHS[sign]) for sign in match.group() if sign in _IDEOGRAPHS)
        found.append(Number(digits, *match.span()))
    for code in dict.fromkeys((locale, "en")):
        found += _digit_word_runs(text, [number for number in spelled_numbers(text, code) if number.value < 10])
    return found


def _only_digits(text: str) -> str:
    return "".join(str(int(character)) for character in text if character.isdigit())


def _digit_word_runs(text: str, spelled: Sequence[SpelledNumber]) -> Iterator[Number]:
    run: list[SpelledNumber] = []
    for number in [*sorted(spelled, key=lambda number: number.start), None]:
        gap = text[run[-1].end : number.start] if run and number else ""
        if number and (not run or (len(gap) <= _GAP and not any(character.isalnum() for character in gap))):
            run.append(number)
            continue
        if len(run) >= _SHORTEST:
            yield Number("".join(str(digit.value) for digit in run), run[0].start, run[-1].end)
        run = [number] if number else []


def _spaced(text: str, words_of: _Words) -> Iterator[SpelledNumber]:
    words = [(folded(match.group()), *match.span()) for match in WORD.finditer(text)]
    at = 0
    while at < len(words):
        if words[at][0] not in words_of.beginnings:
            at += 1
            continue
        for count in range(min(_MOST_WORDS, len(words) - at), 0, -1):
            part = words[at : at + count]
            value = words_of.values.get(tuple(word for word, _, _ in part))
            if value is not None and all(_is_close(text[a[2] : b[1]]) for a, b in itertools.pairwise(part)):
                yield SpelledNumber(value, part[0][1], part[-1][2])
                at += count
                break
        else:
            at += 1


def _is_close(gap: str) -> bool:
    return len(gap) == 1 and gap in " -‑–'’\u00a0"


def _unspaced(text: str, pattern: re.Pattern[str], values: Mapping[tuple[str, ...], int]) -> Iterator[SpelledNumber]:
    return (SpelledNumber(values[(match.group(),)], *match.span()) for match in pattern.finditer(text))


def folded(word: str) -> str:
    """Return a word in the form in which the words of numbers are stored."""
    return word.casefold().replace("\u0307", "")


@cache
def _words_of(locale: str) -> _Words | None:
    entries = _entries()
    entry = next((entries[code] for code in broader(locale) if code in entries), None)
    if entry is None:
        return None
    ambiguous = _AMBIGUOUS.get(locale.partition("-")[0], frozenset())
    spellings = {word: int(value) for value, words in entry["words"].items() for word in words if word not in ambiguous}
    if scripts_of(locale) <= UNSPACED:
        pattern = re.compile("|".join(map(re.escape, sorted(filter(_has_letters, spellings), key=len, reverse=True))) or "(?!)")
        return _Words(tuple(entry["digits"]), {(word,): value for word, value in spellings.items()}, pattern)
    values = {tuple(folded(part) for part in WORD.findall(word)): value for word, value in spellings.items()}
    return _Words(tuple(entry["digits"]), values, None, frozenset(words[0] for words in values))


def _has_letters(spelling: str) -> bool:
    """Return whether a spelling is not of ideographs alone, which have patterns of their own."""
    return not set(spelling) <= {*_IDEOGRAPH, "十"}


@cache
def _entries() -> dict[str, dict[str, dict[str, list[str]]]]:
    found: dict[str, dict[str, dict[str, list[str]]]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found
