"""Numbers in texts: a phone number is a fact, so two or more digits are an error unless the unit allows that number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

from content.linting.fault import Fault

#: The number of a list item at the start of a line does not count.
_LIST_MARKER = re.compile(r"^[ \t]*\d[.)][ \t]+", re.MULTILINE)
#: What may be between the digits of one number: spaces, dashes, brackets and invisible characters, by their category …
_JOINING_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Pd", "Ps", "Pe", "Cf", "Cc", "Mn", "Me"})
#: … and dots, slashes, and the characters that Markdown removes.
_JOINING = frozenset("./\\·•‧・_*`~+|")


def number_runs(text: str) -> Iterator[str]:
    """Yield as ASCII digits each run of two or more digits of any script, joined over what may be inside a number."""
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
    """Return a fault for each number that is not among the allowed ones."""
    return [
        Fault(
            "number",
            f"The text contains the number {run}. Allowed numbers: {_named(allowed)}. "
            "A phone number is a fact, so name its service by a token instead.",
        )
        for run in dict.fromkeys(number_runs(text))
        if run not in allowed
    ]


def _digits(character: str) -> str | None:
    if character.isascii():
        return character if character.isdigit() else None
    # Superscript and circled digits have a digit value; circled numbers from ten on have only a numeric one.
    value = unicodedata.digit(character, None)
    if value is not None:
        return str(value)
    number = unicodedata.numeric(character, None) if unicodedata.category(character) == "No" else None
    return str(int(number)) if number is not None and number >= 10 else None


def _joins(character: str) -> bool:
    return character in _JOINING or unicodedata.category(character) in _JOINING_CATEGORIES


def _named(allowed: Collection[str]) -> str:
    return ", ".join(sorted(allowed)) or "none"
