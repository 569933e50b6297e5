"""Words that blame, or that the field has given up, with what to say instead."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from content.linting.fault import Fault

_TABLE = Path(__file__).parent / "words_to_avoid.json"


@dataclass(frozen=True)
class Avoided:
    """One entry of the table: a pattern, the preferred words and the reason."""

    locale: str
    pattern: re.Pattern[str]
    say: str
    reason: str
    caution: bool


@cache
def avoided_words() -> tuple[Avoided, ...]:
    """Read the table once."""
    return tuple(
        Avoided(row["locale"], re.compile(row["avoid"], re.IGNORECASE), row["say"], row["reason"], row["caution"])
        for row in json.loads(_TABLE.read_text(encoding="utf-8"))
    )


def language_faults(text: str, locale: str) -> list[Fault]:
    """Find words to avoid in a text of the locale."""
    faults = []
    for entry in avoided_words():
        if entry.locale == locale and (match := entry.pattern.search(text)):
            detail = f"Instead of {match.group()!r} say: {entry.say}. {entry.reason}"
            faults.append(Fault("wording", detail, caution=entry.caution))
    return faults
