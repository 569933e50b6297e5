"""What the changes of a source text mean for the targets that translate an earlier revision of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from content.terms import Change

if TYPE_CHECKING:
    from content.models.unit_approval import UnitApproval
    from content.models.unit_revision import UnitRevision

#: From the mildest to the most severe.
_BY_SEVERITY = (Change.COSMETIC, Change.CLARITY, Change.SAFETY)


@dataclass(frozen=True)
class SourceChange:
    """One revision of a source text: its text, and what the change to it means for targets."""

    revision: int
    change: Change
    text: str
    at: datetime


def most_severe(changes: Iterable[Change]) -> Change:
    """Return the most severe of the changes; cosmetic where there are none."""
    return max(changes, key=_BY_SEVERITY.index, default=Change.COSMETIC)


def effective_history(revisions: Iterable[UnitRevision], approvals: Iterable[UnitApproval]) -> list[SourceChange]:
    """Return the revisions of one unit in their order, each with the severity that counts.

    Where an approver corrected the severity, the correction replaces what the authors declared for all revisions since the
    approval before: it stands at the approved revision, and the others count as cosmetic.
    """
    corrected: dict[int, Change] = {}
    last = 0
    for approval in sorted(approvals, key=lambda approval: approval.revision):
        if approval.change != approval.declared:
            corrected |= dict.fromkeys(range(last + 1, approval.revision), Change.COSMETIC)
            corrected[approval.revision] = Change(approval.change)
        last = approval.revision
    return [
        SourceChange(row.revision, corrected.get(row.revision, Change(row.change)), row.text, row.at)
        for row in sorted(revisions, key=lambda row: row.revision)
    ]


def missed_changes(history: Sequence[SourceChange], translated: int, served: int) -> list[SourceChange]:
    """Return the changes between the revision that a target translates and the one that is served, without cosmetic ones.

    A text that was put back later counts as the earlier one: the revisions in between do not count for a target that
    translates it.
    """
    by_revision = {row.revision: row for row in history if row.revision <= served}
    missed = []
    revision = _last_with_the_same_text(by_revision, translated)
    while revision < served:
        revision += 1
        row = by_revision.get(revision)
        if row is not None and row.change != Change.COSMETIC:
            missed.append(row)
        revision = _last_with_the_same_text(by_revision, revision)
    return missed


def _last_with_the_same_text(by_revision: dict[int, SourceChange], revision: int) -> int:
    if revision not in by_revision:
        return revision
    text = by_revision[revision].text
    return max(row.revision for row in by_revision.values() if row.text == text)


def behind(history: Sequence[SourceChange], revision: int) -> tuple[list[int], list[int]]:
    """Return the revisions before this one of which a target is now outdated, and those of which it is withdrawn."""
    outdated, withdrawn = [], []
    for earlier in range(1, revision):
        worst = most_severe(row.change for row in missed_changes(history, earlier, revision))
        if worst == Change.SAFETY:
            withdrawn.append(earlier)
        elif worst == Change.CLARITY:
            outdated.append(earlier)
    return outdated, withdrawn
