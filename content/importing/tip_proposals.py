"""Propose the facts of tips from a file, and keep what people have decided since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from content.importing.words_file import ImportedTip
from content.models import Tip, TipRevision
from content.models.channel_revision import RevisionState
from content.models.tip_facts import TipState
from core.models import User


@dataclass
class TipsProposed:
    """The slugs of the tips that were proposed as new or changed, and a sentence for each that people decided otherwise."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def propose_tips(entries: Iterable[ImportedTip], *, by: User, at: datetime) -> TipsProposed:
    """Propose each tip of the file that differs from the tip and from every revision of it.

    A file says nothing of whether a tip is retired. What another person proposed, changed or rejected is kept, and so is what a
    newer file has replaced: facts that were decided once are not proposed again. The texts of new steps are written first.
    """
    proposed = TipsProposed()
    tips = Tip.objects.select_related("revision").in_bulk()
    revisions: dict[str, list[TipRevision]] = {}
    for revision in TipRevision.objects.order_by("pk"):
        revisions.setdefault(revision.slug, []).append(revision)
    for entry in entries:
        tip, known = tips.get(entry.slug), revisions.get(entry.slug, [])
        facts = {**entry.fields, "tip_state": tip.state if tip else TipState.CURRENT}
        if tip is not None and tip.facts() == facts:
            continue
        waiting = next((revision for revision in known if revision.state == RevisionState.PROPOSED), None)
        if waiting is not None and waiting.facts() == facts:
            continue
        if reason := _decided(tip, waiting, known, entry, by):
            proposed.kept.append(f"tip {entry.slug}: {reason}")
            continue
        replaces = waiting.pk if waiting is not None else None
        TipRevision.objects.propose(slug=entry.slug, facts=facts, by=by, at=at, reason=_REASON, replaces=replaces)
        (proposed.changed if tip else proposed.new).append(entry.slug)
    return proposed


_REASON = "Loaded from a file."


def _decided(
    tip: Tip | None, waiting: TipRevision | None, known: Iterable[TipRevision], entry: ImportedTip, by: User
) -> str | None:
    """Return why the file's facts are not proposed, or None."""
    if waiting is not None and waiting.proposed_by_id != by.pk:
        return "another proposal is waiting"
    if any(revision.values() == entry.fields for revision in known):
        return "the facts in the file are older than a decision of a person, or were rejected"
    if tip is not None and tip.revision.proposed_by_id != by.pk:
        return "a person has changed it"
    return None
