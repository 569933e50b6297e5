"""One thing that is wrong with a text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Strength(StrEnum):
    """What a fault does to its text."""

    #: The text is not saved, and blocks the packs that it is in.
    REFUSE = "refuse"
    #: Writers, approvers and publishers read it; the text may be right all the same.
    WARN = "warn"


@dataclass(frozen=True)
class Fault:
    """A code for programs, a sentence for the writer, and the place: offsets in the normalized text, or None for all of it."""

    code: str
    detail: str
    strength: Strength = Strength.REFUSE
    start: int | None = None
    end: int | None = None

    @property
    def refuses(self) -> bool:
        """Whether the text cannot be saved."""
        return self.strength == Strength.REFUSE
