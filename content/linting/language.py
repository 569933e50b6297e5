"""Words that blame, or that professionals no longer use, with what to say instead."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from content.linting.fault import Fault, Strength

_TABLE = Path(__file__).parent / "words_to_avoid.json"


@dataclass(frozen=True)
class WordToAvoid:
    """One entry of the table: a pattern, what to say instead, and the reason."""

    locale: str
    pattern: re.Pattern[str]
    say: str
    reason: str
    caution: bool


@cache
def words_to_avoid() -> tuple[WordToAvoid, ...]:
    """Return the table words_to_avoid.json, which is read once."""
    return tuple(
        WordToAvoid(row["locale"], re.compile(row["avoid"], re.IGNORECASE), row["say"], row["reason"], row["caution"])
        for row in json.loads(_TABLE.read_text(encoding="utf-8"))
    )


def language_faults(text: str, locale: str) -> list[Fault]:
    """Return a fault for each word to avoid in a text of the locale."""
    faults = []
    for entry in words_to_avoid():
        if entry.locale == locale and (match := entry.pattern.search(text)):
            detail = f"Instead of {match.group()!r} say: {entry.say}. {entry.reason}"
            strength = Strength.WARN if entry.caution else Strength.REFUSE
            faults.append(Fault("wording", detail, strength, *match.span()))
    return faults
