"""The status of source texts and translations as staff see it, and the differences between two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypedDict, cast

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from content.models import Target, Unit
from content.models.target_status import TargetStatus
from content.models.unit_lifecycle import UnitState
from core.console.display import StatusTag

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from content.models.target_queries import TargetWithStatus

    class _Translation(TypedDict):
        status: str
        translation: str | None

    UnitWithStatus = WithAnnotations[Unit, _Translation]


@dataclass(frozen=True)
class TranslationStatus(StatusTag):
    """One status of a text, with its value in query strings and CSS classes."""

    code: str = ""


EMPTY = TranslationStatus("not translated", "", "–", TargetStatus.EMPTY)
NEEDS_REVIEW = TranslationStatus("needs review", "wait", "?", TargetStatus.NEEDS_REVIEW)
APPROVED = TranslationStatus("approved", "good", "✓", TargetStatus.APPROVED)
OUTDATED = TranslationStatus("outdated", "wait", "!", TargetStatus.OUTDATED)
WITHDRAWN = TranslationStatus("withdrawn for safety", "bad", "✕", TargetStatus.WITHDRAWN)
REMOVAL = TranslationStatus("removal proposed", "wait", "−", TargetStatus.REMOVAL)
SOURCE_CHANGED = TranslationStatus("changed, needs review", "wait", "?", "changed")
STATUSES = (NEEDS_REVIEW, REMOVAL, OUTDATED, WITHDRAWN, EMPTY, APPROVED)
_BY_CODE = {status.code: status for status in STATUSES}


def target_status(target: TargetWithStatus | None) -> TranslationStatus:
    """Return the status of a target from `Target.objects.with_status`; None means that there is no target."""
    return EMPTY if target is None else _BY_CODE[target.status]


def source_status(unit: Unit) -> TranslationStatus:
    """Return the status of a source text."""
    if unit.state == UnitState.APPROVED:
        return APPROVED
    return SOURCE_CHANGED if unit.approved_revision else NEEDS_REVIEW


def queue(locale: str) -> QuerySet[UnitWithStatus]:
    """Return all units that are translated into a locale, with the `status` of the target there and its text as `translation`."""
    target = Target.objects.with_status().filter(unit=OuterRef("pk"), locale=locale)
    units = Unit.objects.exclude(source_locale=locale).annotate(
        status=Coalesce(Subquery(target.values("status")), Value(TargetStatus.EMPTY)),
        translation=Subquery(target.values("text")),
    )
    return cast("QuerySet[UnitWithStatus]", units)


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
