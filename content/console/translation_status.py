"""The status of source texts and translations as staff see it, and the differences between two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import F, FilteredRelation, Q

from content.models import Target, Unit
from content.models.target import TargetState
from content.models.unit import UnitQuerySet, UnitState
from core.console.display import StatusTag


@dataclass(frozen=True)
class TranslationStatus(StatusTag):
    """One status of a text, with its value in query strings and CSS classes."""

    code: str = ""


EMPTY = TranslationStatus("not translated", "", "–", "empty")
NEEDS_REVIEW = TranslationStatus("needs review", "wait", "?", "needs-review")
APPROVED = TranslationStatus("approved", "good", "✓", "approved")
OUTDATED = TranslationStatus("outdated", "wait", "!", "outdated")
WITHDRAWN = TranslationStatus("withdrawn for safety", "bad", "✕", "withdrawn")
SOURCE_CHANGED = TranslationStatus("changed, needs review", "wait", "?", "changed")
STATUSES = (NEEDS_REVIEW, OUTDATED, WITHDRAWN, EMPTY, APPROVED)


def target_status(unit: Unit, target: Target | None) -> TranslationStatus:
    """Return the status of a unit's target (None: there is none)."""
    if target is None or target.state == TargetState.EMPTY:
        return EMPTY
    if target.source_revision < unit.safety_revision:
        return WITHDRAWN
    if target.source_revision < unit.meaning_revision:
        return OUTDATED
    return APPROVED if target.state == TargetState.APPROVED else NEEDS_REVIEW


def source_status(unit: Unit) -> TranslationStatus:
    """Return the status of a source text."""
    if unit.state == UnitState.APPROVED:
        return APPROVED
    return SOURCE_CHANGED if unit.approved_revision else NEEDS_REVIEW


def queue(locale: str) -> UnitQuerySet:
    """Return all units that are translated into a locale, each joined as `own` with its target there, if any."""
    own = FilteredRelation("targets", condition=Q(targets__locale=locale))
    return Unit.objects.exclude(source_locale=locale).annotate(own=own)


def has_status(code: str) -> Q:
    """Return the condition on `queue` for a status code; each unit meets the condition of exactly one status."""
    empty = Q(own=None) | Q(own__state=TargetState.EMPTY)
    withdrawn = ~empty & Q(own__source_revision__lt=F("safety_revision"))
    outdated = ~empty & Q(own__source_revision__lt=F("meaning_revision"), own__source_revision__gte=F("safety_revision"))
    current = Q(own__source_revision__gte=F("meaning_revision"))
    return {
        EMPTY.code: empty,
        WITHDRAWN.code: withdrawn,
        OUTDATED.code: outdated,
        NEEDS_REVIEW.code: current & Q(own__state=TargetState.NEEDS_REVIEW),
        APPROVED.code: current & Q(own__state=TargetState.APPROVED),
    }.get(code, Q())


def differences(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield ("same" | "removed" | "added", text) word by word."""
    before, after = _words(old), _words(new)
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(before[a:b])
            continue
        if b > a:
            yield "removed", "".join(before[a:b])
        if d > c:
            yield "added", "".join(after[c:d])


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\{[^}]*\}|\w+|[^\w\s]", text)
