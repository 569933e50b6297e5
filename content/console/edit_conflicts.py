"""The three texts of a conflict: the one that both people began from, the one that was saved, and the one in the box."""

from __future__ import annotations

from dataclasses import dataclass

from content.console.translation_status import differences

Differences = list[tuple[str, str]]


@dataclass(frozen=True)
class ConflictSides:
    """`base` is None where it is not known any more, and "" where there was no text."""

    base: str | None
    theirs: str
    mine: str

    @property
    def their_changes(self) -> Differences | None:
        """What the other person changed; None where there was no text to change."""
        return list(differences(self.base, self.theirs)) if self.base else None

    @property
    def my_changes(self) -> Differences | None:
        """What the person changed in the box; None where there was no text to change."""
        return list(differences(self.base, self.mine)) if self.base else None

    @property
    def between(self) -> Differences:
        """How the text in the box differs from the saved one."""
        return list(differences(self.theirs, self.mine))
