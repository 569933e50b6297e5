"""Digits in text: a helpline's number is a fact and never words, so a run of digits is an error unless the unit allows it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

from content.linting.fault import Fault

#: The number of a list item at the start of a line is no digit of anything.
_LIST_MARKER = re.compile(r"^[ \t]*\d[.)][ \t]+", re.MULTILINE)
#: What may stand between the digits of one number: spaces, dashes, brackets and invisible characters by their category …
_JOINING_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Pd", "Ps", "Pe", "Cf", "Cc", "Mn", "Me"})
#: … and dots, slashes, and the marks that Markdown makes disappear.
_JOINING = frozenset("./\\·•‧・_*`~+|")


def number_runs(text: str) -> Iterator[str]:
    """Yield each run of two or more digits of any script, joined over what may stand inside a number, as ASCII digits."""
    run = ""
    for character in _LIST_MARKER.sub("", text):
        if (value := _digits(character)) is not None:
            run += value
        elif not _joins(character):
            if len(run) > 1:
                yield run
            run = ""
    if len(run) > 1:
        yield run


def number_faults(text: str, *, allowed: Collection[str]) -> list[Fault]:
    """Find numbers that the unit does not allow."""
    return [
        Fault("number", f"The number {run} stands in the text. Numbers are facts; this text allows {_named(allowed)}.")
        for run in dict.fromkeys(number_runs(text))
        if run not in allowed
    ]


def _digits(character: str) -> str | None:
    if character.isascii():
        return character if character.isdigit() else None
    # Superscript and circled digits have a digit value; circled ten and its like only a numeric one.
    value = unicodedata.digit(character, None)
    if value is not None:
        return str(value)
    number = unicodedata.numeric(character, None) if unicodedata.category(character) == "No" else None
    return str(int(number)) if number is not None and number >= 10 else None


def _joins(character: str) -> bool:
    return character in _JOINING or unicodedata.category(character) in _JOINING_CATEGORIES


def _named(allowed: Collection[str]) -> str:
    return ", ".join(sorted(allowed)) or "none"
