"""Propose the facts of tips from a file, and keep what people have decided since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from content.importing.decisions import Decisions
from content.importing.words_file import ImportedTip
from content.models import Tip, TipRevision
from content.models.tip_facts import TipState
from core.models import User

_REASON = "Loaded from a file."


@dataclass
class TipsProposed:
    """The slugs of the tips that were proposed as new or changed, and a sentence for each that people decided otherwise."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def propose_tips(entries: Iterable[ImportedTip], *, by: User, at: datetime) -> TipsProposed:
    """Propose each tip of the file that differs from the tip and from every revision of it.

    A file says nothing of whether a tip is retired. The texts of new steps are written first.
    """
    proposed = TipsProposed()
    tips = Tip.objects.in_bulk()
    decisions = Decisions.by_row(TipRevision.objects.order_by("pk"), "slug")
    for entry in entries:
        tip, known = tips.get(entry.slug), decisions.get(entry.slug, Decisions())
        facts = {**entry.fields, "tip_state": tip.state if tip else TipState.CURRENT}
        waiting = known.waiting
        if (tip is not None and tip.facts() == facts) or (waiting is not None and waiting.facts() == facts):
            continue
        same = [revision for revision in known.revisions if revision.values() == entry.fields]
        if reason := known.reason_to_keep(same, by=by):
            proposed.kept.append(f"tip {entry.slug}: {reason}")
            continue
        replaces = waiting.pk if waiting is not None else None
        TipRevision.objects.propose(slug=entry.slug, facts=facts, by=by, at=at, reason=_REASON, replaces=replaces)
        (proposed.changed if tip else proposed.new).append(entry.slug)
    return proposed
