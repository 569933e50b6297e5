"""Numbers written with digits of any script; a phone number is a fact, so a text may hold only the numbers of its unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from content.linting.fault import Fault, Strength
from content.linting.letters import character_class

#: The number of a list item at the start of a line does not count.
_LIST_MARKER = re.compile(r"^[ \t]*\d[.)][ \t]+", re.MULTILINE)
#: What may be between the digits of one number: spaces, dashes, brackets and invisible characters, by their category …
_JOINING_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Pd", "Ps", "Pe", "Cf", "Cc", "Mn", "Me"})
#: … and dots, slashes, and the characters that Markdown removes.
_JOINING = frozenset("./\\·•‧・_*`~+|")
#: What may be between numbers of a list and of a time as well as between the digits of one number.
_SOFT = frozenset(",;:'\"’‘“”…،؛٫٬、，：；॥।＇")
#: Both ends of a range, as in "2–3" and "13-17", have at most this many digits.
_RANGE_DIGITS = 3


@dataclass(frozen=True)
class Number:
    """One number in a text as ASCII digits, and its place."""

    digits: str
    start: int
    end: int


@dataclass(frozen=True)
class _Run:
    """Groups of digits, and what is between each and the next."""

    groups: Sequence[Number]
    gaps: Sequence[str]


def numbers_in(text: str, *, allowed: Collection[str] = ()) -> list[Number]:
    """Return the numbers of a text, single digits included, each joined over whatever may be inside a number.

    The two ends of a range, two numbers in a list, and longer lists of allowed numbers are numbers of their own.
    """
    return [number for run in _runs(text) for number in _numbers(run, allowed)]


def number_runs(text: str) -> Iterator[str]:
    """Yield as ASCII digits each number of two or more digits."""
    return (number.digits for number in numbers_in(text) if len(number.digits) > 1)


def number_faults(numbers: Sequence[Number], *, allowed: Collection[str]) -> list[Fault]:
    """Return a fault for each number of two or more digits that is not among the allowed ones."""
    first = {number.digits: number for number in reversed(numbers) if len(number.digits) > 1}
    return [
        Fault(
            "number",
            f"The text contains the number {number.digits}. Allowed numbers: {_named(allowed)}. "
            "A phone number is a fact, so name its service by a token instead.",
            Strength.REFUSE,
            number.start,
            number.end,
        )
        for number in sorted(first.values(), key=lambda number: number.start)
        if number.digits not in allowed
    ]


def without_list_markers(text: str) -> str:
    """Return the text, in its length, without the numbers of list items."""
    return _LIST_MARKER.sub(lambda match: "\ufffc" * len(match.group()), text)


def _digits(character: str) -> str | None:
    if character.isascii():
        return character if character.isdigit() else None
    # Superscript and circled digits have a digit value; Roman numerals and circled numbers from ten on have only a numeric one.
    value = unicodedata.digit(character, None)
    if value is not None:
        return str(value)
    category = unicodedata.category(character)
    number = unicodedata.numeric(character, None) if category in {"No", "Nl"} else None
    is_number = number is not None and number == int(number) and (category == "Nl" or number >= 10)
    return str(int(number)) if is_number and number is not None else None


#: U+3007, the ideographic zero, is read with the other ideographs.
_DIGIT = re.compile(f"[{character_class(lambda character: character != '〇' and _digits(character) is not None)}]")


def _runs(text: str) -> Iterator[_Run]:
    groups: list[Number] = []
    gaps: list[str] = []
    for match in _DIGIT.finditer(without_list_markers(text)):
        value = _digits(match.group()) or ""
        if groups and groups[-1].end == match.start():
            groups[-1] = Number(groups[-1].digits + value, groups[-1].start, match.end())
            continue
        gap = text[groups[-1].end : match.start()] if groups else ""
        if groups and not all(_joins(character) for character in gap):
            yield _Run(groups, gaps)
            groups, gaps = [], []
        elif groups:
            gaps.append(gap)
        groups.append(Number(value, *match.span()))
    if groups:
        yield _Run(groups, gaps)


def _numbers(run: _Run, allowed: Collection[str]) -> Iterator[Number]:
    if _is_range(run) or _is_list(run, allowed):
        yield from run.groups
    else:
        yield Number("".join(group.digits for group in run.groups), run.groups[0].start, run.groups[-1].end)


def _is_range(run: _Run) -> bool:
    if len(run.groups) != 2:
        return False
    dash = run.gaps[0].strip()
    if len(dash) != 1 or unicodedata.category(dash) != "Pd":
        return False
    first, last = (group.digits for group in run.groups)
    short = len(first) <= _RANGE_DIGITS and len(last) <= _RANGE_DIGITS
    return short and not first.startswith("0") and int(first) < int(last)


def _is_list(run: _Run, allowed: Collection[str]) -> bool:
    if not run.gaps or not all(_SOFT.intersection(gap) for gap in run.gaps):
        return False
    return len(run.groups) == 2 or all(len(group.digits) > 1 and group.digits in allowed for group in run.groups)


def _joins(character: str) -> bool:
    return character in _JOINING or character in _SOFT or unicodedata.category(character) in _JOINING_CATEGORIES


def _named(allowed: Collection[str]) -> str:
    return ", ".join(sorted(allowed)) or "none"
