"""How long a text may be on the surface that shows it, in characters as readers count them.

Limits are those of a screen 360 points wide at the default text size: a title on three lines, a step on six. They hold for
English; languages that need more letters for the same words get more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from content.linting.fault import Fault, Strength


class Surface(StrEnum):
    """Where a text is shown; the value is how messages name it."""

    TITLE = "title"
    SHORT_TITLE = "short title"
    SHORT = "short answer"
    STEP = "step"
    MORE = "text under “more”"
    LABEL = "label"
    SENTENCE = "sentence"
    SERVICE_TEXT = "text about a service"
    PUSH_TITLE = "title on a lock screen"
    PUSH_BODY = "text on a lock screen"


class Limit(NamedTuple):
    """Characters above which a text is warned of, and above which it is refused."""

    warn: int
    refuse: int


LIMITS: Final[Mapping[Surface, Limit]] = {
    Surface.TITLE: Limit(70, 200),
    # One line of that screen. It may stand on a lock screen, where it is refused beyond what a title there shows.
    Surface.SHORT_TITLE: Limit(30, 50),
    Surface.SHORT: Limit(180, 500),
    Surface.STEP: Limit(180, 500),
    Surface.MORE: Limit(800, 2500),
    Surface.LABEL: Limit(60, 200),
    Surface.SENTENCE: Limit(160, 400),
    Surface.SERVICE_TEXT: Limit(300, 1000),
    # Android shows about as many on one line, iOS on four; the campaign's form refuses longer ones.
    Surface.PUSH_TITLE: Limit(50, 65),
    Surface.PUSH_BODY: Limit(150, 180),
}
#: How many characters a language needs for a hundred of English, where it is more.
WIDTH: Final[Mapping[str, int]] = {
    **dict.fromkeys(("cy", "de", "es", "fil", "fr", "id", "it", "mi", "nl", "pl", "pt"), 130),
    **dict.fromkeys(("tr", "ur", "vi"), 115),
}
_LOCK_SCREEN = frozenset({Surface.SHORT_TITLE, Surface.PUSH_TITLE, Surface.PUSH_BODY})
#: Marks, and characters without a width of their own: a reader counts them with the letter that they belong to.
_NOT_COUNTED = frozenset({"Mn", "Me", "Mc", "Cf"})
_TIP_PARTS = {
    "title": Surface.TITLE,
    "short-title": Surface.SHORT_TITLE,
    "short": Surface.SHORT,
    "do-now": Surface.STEP,
    "do-not": Surface.STEP,
    "more": Surface.MORE,
}
_GROUPS = {
    **dict.fromkeys(("situation", "step", "audience", "where", "contact"), Surface.LABEL),
    **dict.fromkeys(("why", "notice", "phrase", "handout", "page", "companion"), Surface.SENTENCE),
    **dict.fromkeys(("service", "channel", "route", "figure"), Surface.SERVICE_TEXT),
}


def surface_of(key: str) -> Surface | None:
    """Return where the text of a unit is shown; None for a key of no known form."""
    parts = key.split(".")
    if parts[0] == "tip":
        return _TIP_PARTS.get(parts[2]) if len(parts) > 2 else None
    if parts[0] == "channel" and parts[-1] == "label":
        return Surface.LABEL
    return _GROUPS.get(parts[0])


def reader_length(text: str) -> int:
    """Return the number of characters as readers count them: a letter with its marks is one."""
    return sum(unicodedata.category(character) not in _NOT_COUNTED for character in text)


def limit_of(surface: Surface, locale: str) -> Limit:
    """Return the limit of a surface in a locale."""
    # A lock screen is as wide in every language.
    width = 100 if surface in _LOCK_SCREEN else WIDTH.get(locale.partition("-")[0], 100)
    return Limit(*(most * width // 100 for most in LIMITS[surface]))


def refused_length(key: str, locale: str) -> int | None:
    """Return the most characters that the text of a unit may have in a locale; None where its surface is not known."""
    surface = surface_of(key)
    return limit_of(surface, locale).refuse if surface else None


def length_faults(text: str, surface: Surface, locale: str) -> list[Fault]:
    """Return a fault where the text is too long for its surface: refused where absurd, else a warning."""
    limit, length = limit_of(surface, locale), reader_length(text)
    if length > limit.refuse:
        detail = f"The {surface} has {length} characters; the limit is {limit.refuse}."
        return [Fault("too-long", detail)]
    if length > limit.warn:
        detail = f"The {surface} has {length} characters; readers see up to {limit.warn} at a glance."
        return [Fault("long", detail, Strength.WARN)]
    return []
