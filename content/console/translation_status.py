"""How a text stands, in one word with a colour and a sign, and what changed between two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import F, FilteredRelation, Q

from content.models import Target, Unit
from content.models.target import TargetState
from content.models.unit import UnitQuerySet, UnitState


@dataclass(frozen=True)
class Standing:
    """One state of a text as staff see it."""

    code: str
    words: str
    #: Style of the label: good, wait, bad or "".
    tone: str
    #: One sign for where there is no room; the words stand beside it for screen readers.
    sign: str


EMPTY = Standing("empty", "not translated", "", "–")
NEEDS_REVIEW = Standing("needs-review", "needs review", "wait", "?")
APPROVED = Standing("approved", "approved", "good", "✓")
OUTDATED = Standing("outdated", "outdated", "wait", "!")
WITHDRAWN = Standing("withdrawn", "withdrawn for safety", "bad", "✕")
SOURCE_CHANGED = Standing("changed", "changed, needs review", "wait", "?")
EVERY = (NEEDS_REVIEW, OUTDATED, WITHDRAWN, EMPTY, APPROVED)


def of_target(unit: Unit, target: Target | None) -> Standing:
    """Say how the target of a unit stands."""
    if target is None or target.state == TargetState.EMPTY:
        return EMPTY
    if target.source_revision < unit.safety_revision:
        return WITHDRAWN
    if target.source_revision < unit.meaning_revision:
        return OUTDATED
    return APPROVED if target.state == TargetState.APPROVED else NEEDS_REVIEW


def of_source(unit: Unit) -> Standing:
    """Say how a source text stands."""
    if unit.state == UnitState.APPROVED:
        return APPROVED
    return SOURCE_CHANGED if unit.approved_revision else NEEDS_REVIEW


def queue(locale: str) -> UnitQuerySet:
    """Return all units to be had in a locale, each joined as `own` with its target there, if any."""
    own = FilteredRelation("targets", condition=Q(targets__locale=locale))
    return Unit.objects.exclude(source_locale=locale).annotate(own=own)


def standing_as(code: str) -> Q:
    """Return the condition on `queue` for one standing; the standings divide the queue without overlap."""
    empty = Q(own=None) | Q(own__state=TargetState.EMPTY)
    withdrawn = ~empty & Q(own__source_revision__lt=F("safety_revision"))
    outdated = ~empty & Q(own__source_revision__lt=F("meaning_revision"), own__source_revision__gte=F("safety_revision"))
    fresh = Q(own__source_revision__gte=F("meaning_revision"))
    return {
        EMPTY.code: empty,
        WITHDRAWN.code: withdrawn,
        OUTDATED.code: outdated,
        NEEDS_REVIEW.code: fresh & Q(own__state=TargetState.NEEDS_REVIEW),
        APPROVED.code: fresh & Q(own__state=TargetState.APPROVED),
    }.get(code, Q())


def changes(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield ("same" | "gone" | "new", text) by words, so that a reader sees what happened to a source."""
    before, after = _words(old), _words(new)
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(before[a:b])
            continue
        if b > a:
            yield "gone", "".join(before[a:b])
        if d > c:
            yield "new", "".join(after[c:d])


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\{[^}]*\}|\w+|[^\w\s]", text)
