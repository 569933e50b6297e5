"""Whether a file may propose facts for a row, or people have decided about it since the file was written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from content.models.revision import Revision, RevisionState
from core.models import User

RevisionT = TypeVar("RevisionT", bound=Revision)


@dataclass
class Decisions(Generic[RevisionT]):
    """All revisions of one row, the oldest first."""

    revisions: list[RevisionT] = field(default_factory=list)

    @classmethod
    def by_row(cls, revisions: Iterable[RevisionT], key: str) -> dict[str, Decisions[RevisionT]]:
        """Sort revisions, the oldest first, by the row that the attribute `key` names."""
        found: dict[str, Decisions[RevisionT]] = {}
        for revision in revisions:
            found.setdefault(getattr(revision, key), cls()).revisions.append(revision)
        return found

    @property
    def waiting(self) -> RevisionT | None:
        """The proposal that waits for a second person."""
        return next((revision for revision in self.revisions if revision.state == RevisionState.PROPOSED), None)

    @property
    def in_force(self) -> RevisionT | None:
        """The newest approved revision."""
        return next((revision for revision in reversed(self.revisions) if revision.state == RevisionState.APPROVED), None)

    def reason_to_keep(self, same: Sequence[RevisionT], *, by: User) -> str | None:
        """Return why a file that `by` loads proposes nothing for the row, or None; `same` are the revisions that say the same.

        What another person proposed, changed or rejected is kept, and so is what a newer file has replaced: facts that were
        decided once are not proposed again.
        """
        if self.waiting is not None and self.waiting.proposed_by_id != by.pk:
            return "another proposal is waiting"
        if same:
            return "the facts in the file are older than a decision of a person, or were rejected"
        if self.in_force is not None and self.in_force.proposed_by_id not in (by.pk, User.objects.system().pk):
            return "a person has changed it"
        return None
