"""One row of the screen of one tip in one language: a text with everything that its translator and its reviewer need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from content.console import translation_status
from content.console.edit_conflicts import ConflictSides
from content.console.number_boxes import number_list
from content.console.translation_memory import MemoryHit
from content.console.translation_status import TranslationStatus
from content.linting.fault import Fault
from content.linting.glossary import GlossaryHit
from content.linting.length import Limit, limit_of, reader_length, surface_of
from content.linting.tokens import without_tokens
from content.models import TextComment, TextSuggestion, Unit
from content.models.source_to_approve import source_to_approve
from content.models.target_lifecycle import TargetState
from content.models.target_status import TargetStatus

if TYPE_CHECKING:
    from content.models.target_queries import TargetWithStatus

#: The texts that a person works on first, in the order of the statuses.
UNFINISHED = (TargetStatus.WITHDRAWN, TargetStatus.OUTDATED, TargetStatus.EMPTY)


@dataclass(frozen=True)
class Chip:
    """One token of a source text, and the name that the app puts in its place."""

    token: str
    name: str


@dataclass(frozen=True)
class ShownSuggestion:
    """One open suggestion, and what it changes in the stored text."""

    suggestion: TextSuggestion
    differences: list[tuple[str, str]]


@dataclass(frozen=True)
class ShownJudgement:
    """What an outside reader says of the stored text, or of an earlier one."""

    verdict: str
    note: str
    is_current: bool


@dataclass
class TipTextRow:
    """One text. `text` is what the box shows: what was typed and not saved, or else what is stored."""

    #: The part of the tip, a field of `unit_keys`.
    kind: str
    #: The name of the text, and the part of it that is not the tip's title.
    name: str
    part: str
    unit: Unit
    target: TargetWithStatus
    status: TranslationStatus
    chips: list[Chip]
    text: str = ""
    is_unsaved: bool = False
    #: Revision of the stored text that the box began from, and the one that a save is sent with.
    base: int = 0
    shown: int = 0
    #: The text that the person began from; None where it is not known.
    began: str | None = ""
    #: Where somebody has saved another text meanwhile: the three texts.
    sides: ConflictSides | None = None
    faults: list[Fault] = field(default_factory=list)
    checked: str = ""
    source_differences: list[tuple[str, str]] = field(default_factory=list)
    approved_differences: list[tuple[str, str]] = field(default_factory=list)
    memory: list[MemoryHit] = field(default_factory=list)
    glossary: list[GlossaryHit] = field(default_factory=list)
    comments: list[TextComment] = field(default_factory=list)
    suggestions: list[ShownSuggestion] = field(default_factory=list)
    #: Second readers who cannot judge the stored text.
    declined: list[str] = field(default_factory=list)
    #: What outside readers said that editors have to read.
    judged: list[ShownJudgement] = field(default_factory=list)
    #: Whether the person who looks at the page wrote the stored text.
    is_own: bool = False
    beside: str = ""
    #: The text "more" as HTML; "" in other rows.
    more: str = ""
    is_refused: bool = False

    @property
    def anchor(self) -> str:
        """The row's id on the page."""
        return f"text-{self.unit.pk}"

    @property
    def lines(self) -> int:
        """Lines of the box."""
        return max(2, len(self.unit.text) // 55 + self.unit.text.count("\n") + 1)

    @property
    def numbers(self) -> str:
        """The numbers that the text may hold."""
        return number_list(self.unit.numbers)

    @property
    def source_status(self) -> TranslationStatus:
        """The status of the source text."""
        return translation_status.source_status(self.unit)

    @property
    def against(self) -> int | None:
        """The approved revision of the source that an approval is for; None where nobody has approved the right one."""
        return source_to_approve(self.unit, self.target)

    @property
    def is_to_approve(self) -> bool:
        """Whether the stored text waits for a second reader, who may confirm an outdated one as well."""
        return self.target.state not in (TargetState.EMPTY, TargetState.REMOVAL) and self.status.code != TargetStatus.APPROVED

    @property
    def is_unfinished(self) -> bool:
        """Whether the text is to be written or to be brought up to date."""
        return self.status.code in UNFINISHED

    @property
    def theirs(self) -> str | None:
        """What somebody has saved while the person was typing, or None."""
        return self.sides.theirs if self.sides else None

    @property
    def is_approvable(self) -> bool:
        """Whether a second reader can approve the stored text as the page shows it."""
        shown = not self.is_unsaved and self.sides is None and not self.is_own
        return self.is_to_approve and shown and self.against == self.unit.revision

    @property
    def sent_back(self) -> TextComment | None:
        """The comment with which a second reader has sent the stored text back, or None."""
        return next((one for one in self.comments if one.returned_revision == self.target.revision), None)

    @property
    def length(self) -> int:
        """Characters of the text in the box, as readers count them."""
        return reader_length(without_tokens(self.checked))

    @property
    def limit(self) -> Limit | None:
        """The limit of the surface that shows the text; None where it is not known."""
        surface = surface_of(self.unit.key)
        return limit_of(surface, self.target.locale_id) if surface else None
