"""A text that is true for readers of some ages only belongs to a tip with those ages.

"Say that you are under 18" must not reach an adult. The age of somebody in a picture, or of anybody whom a service is for, says
nothing about the reader.
"""

from __future__ import annotations

import re

from content.linting.fault import Fault

#: The reader, or the child in a parent's text, and an age; English, because a translation says what its source says.
_OWN_AGE = re.compile(
    r"\b(?:you are|you’re|you're|i am|i’m|i'm|(?:your child|young person|child|pupil) is) "
    r"(?:still )?(?:under|over|below|above|younger than|older than|at least|not yet) "
    r"(?:the age of )?(?:[0-9]{1,2}|[a-z]*teen|ten|eleven|twelve|twenty)\b",
    re.IGNORECASE,
)


def reader_age_faults(text: str, *, has_ages: bool) -> list[Fault]:
    """Return a fault where the English text of a tip names the age of its readers; `has_ages`: the tip has ages."""
    if has_ages or not (found := _OWN_AGE.search(text)):
        return []
    detail = f"{found.group()!r} is true for some ages only. Give the tip its ages, so that nobody else reads it."
    return [Fault("reader-age", detail, start=found.start(), end=found.end())]
