"""The rows of the screen of one tip in one language: each text with everything that its translator and its reviewer need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery
from django.utils.safestring import mark_safe

from content.compiling.rendering import more_html
from content.console import translation_status
from content.console.number_boxes import number_list
from content.console.text_elsewhere import texts_elsewhere_faults
from content.console.translation_memory import MemoryHit, memory_hits
from content.console.translation_status import TranslationStatus, differences
from content.console.unit_names import part_of_tip
from content.linting.fault import Fault
from content.linting.glossary import GlossaryHit, glossary_hits
from content.linting.text import normalize_text, target_faults
from content.linting.tokens import SERVICE, tokens
from content.models import Locale, Service, Target, TargetRevision, TextComment, Tip, Unit, UnitRevision, UnsavedText
from content.models.target import TargetStatus
from content.models.target_lifecycle import TargetState
from content.models.unit_lifecycle import UnitState
from core.models import User

if TYPE_CHECKING:
    from content.models.target import TargetWithStatus

#: The texts that a person works on first, in the order of the statuses.
UNFINISHED = (TargetStatus.WITHDRAWN, TargetStatus.OUTDATED, TargetStatus.EMPTY)


@dataclass(frozen=True)
class Chip:
    """One token of a source text, and the name that the app puts in its place."""

    token: str
    name: str


@dataclass
class TipTextRow:
    """One text. `text` is what the box shows: what was typed and not saved, or else what is stored."""

    #: The part of the tip: title, short, do_now, do_not or more.
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
    #: Where somebody has saved another text meanwhile: that text, and how the box differs from it.
    theirs: str | None = None
    conflict_differences: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    checked: str = ""
    source_differences: list[tuple[str, str]] = field(default_factory=list)
    approved_differences: list[tuple[str, str]] = field(default_factory=list)
    memory: list[MemoryHit] = field(default_factory=list)
    glossary: list[GlossaryHit] = field(default_factory=list)
    comments: list[TextComment] = field(default_factory=list)
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
        if self.unit.state == UnitState.APPROVED:
            return self.unit.revision
        approved = self.unit.approved_revision
        return approved if approved is not None and self.target.source_revision <= approved else None

    @property
    def is_to_approve(self) -> bool:
        """Whether the stored text waits for a second reader, who may confirm an outdated one as well."""
        return self.target.state not in (TargetState.EMPTY, TargetState.REMOVAL) and self.status.code != TargetStatus.APPROVED

    @property
    def is_unfinished(self) -> bool:
        """Whether the text is to be written or to be brought up to date."""
        return self.status.code in UNFINISHED


def text_rows(tip: Tip, locale: Locale, user: User, *, beside: str = "") -> list[TipTextRow]:
    """Return the rows in reading order, from a number of queries that does not depend on how many there are.

    `beside` is the locale whose texts are shown as well; "" for none.
    """
    rows = _stored_rows(tip, locale, beside)
    units = [row.unit for row in rows]
    _fill_boxes(rows, user, locale)
    memory = memory_hits([(unit.pk, unit.text) for unit in units], locale.pk)
    comments: dict[int, list[TextComment]] = {}
    for comment in TextComment.objects.open().filter(locale=locale, unit__in=units).select_related("by"):
        comments.setdefault(comment.unit_id, []).append(comment)
    for row in rows:
        row.memory, row.comments = memory.get(row.unit.pk, []), comments.get(row.unit.pk, [])
        if row.target.approved_text not in ("", row.target.text):
            row.approved_differences = list(differences(row.target.approved_text, row.target.text))
    check(rows, locale.pk)
    return rows


def check(rows: Sequence[TipTextRow], locale: str) -> None:
    """Look for faults and glossary terms in what the boxes show."""
    elsewhere = texts_elsewhere_faults({row.unit: normalize_text(row.text) for row in rows}, locale)
    for row in rows:
        row.checked = normalize_text(row.text)
        row.faults = [*target_faults(row.unit, row.checked, locale), *elsewhere.get(row.unit.pk, [])] if row.checked else []
        row.glossary = glossary_hits(row.unit.text, row.checked, locale)


def _stored_rows(tip: Tip, locale: Locale, beside: str) -> list[TipTextRow]:
    fields = {key: name for name, key in tip.keys()}  # noqa: SIM118  a method of the tip
    units = {unit.key: unit for unit in Unit.objects.filter(key__in=fields).select_related("source_locale")}
    translated = UnitRevision.objects.filter(unit=OuterRef("unit"), revision=OuterRef("source_revision")).values("text")
    found = Target.objects.with_status().filter(locale__in=[locale.pk, beside], unit__in=units.values())
    found = found.annotate(translated=Subquery(translated[:1])).select_related("written_by")
    targets = {(target.unit_id, target.locale_id): target for target in found}
    named = {token.name for unit in units.values() for token in tokens(unit.text) if token.kind == SERVICE}
    names = dict(Service.objects.filter(pk__in=named).values_list("pk", "name"))
    title = next((unit.text for key, unit in units.items() if fields[key] == "title"), tip.slug)
    rows = []
    for key, name in fields.items():
        if (unit := units.get(key)) is None:
            continue
        stored = targets.get((unit.pk, locale.pk))
        target = stored or Target.objects.empty(unit, locale.pk)
        chips = [Chip(str(token), names.get(token.name, token.name)) for token in dict.fromkeys(tokens(unit.text))]
        part = part_of_tip(key)
        row = TipTextRow(name, f"{title}: {part}", part, unit, target, translation_status.target_status(target), chips)
        if stored is not None and stored.state != TargetState.EMPTY and stored.translated not in (None, unit.text):
            row.source_differences = list(differences(stored.translated, unit.text))
        if (unit.pk, beside) in targets:
            row.beside = targets[unit.pk, beside].text
        if name == "more":
            row.more = mark_safe(_more(unit.text, names))  # noqa: S308  sanitised as the compiler does
        rows.append(row)
    return rows


def _more(text: str, names: Mapping[str, str]) -> str:
    return more_html(text, lambda _, name: names.get(name, name))


def _fill_boxes(rows: Iterable[TipTextRow], user: User, locale: Locale) -> None:
    """Put the person's unsaved texts into the boxes, and mark those that began from another text than the stored one."""
    began = TargetRevision.objects.filter(
        target__unit=OuterRef("unit"), target__locale=OuterRef("locale"), revision=OuterRef("from_revision")
    )
    kept = UnsavedText.objects.filter(person=user, locale=locale, unit__in=[row.unit for row in rows])
    found = kept.annotate(began=Subquery(began.values("text")[:1])).values_list("unit", "text", "from_revision", "began")
    unsaved = {unit: (text, revision, text_before) for unit, text, revision, text_before in found}
    for row in rows:
        row.text, row.base = row.target.text, row.target.revision
        text_before: str | None = row.text
        if (one := unsaved.get(row.unit.pk)) is not None:
            row.text, row.base, text_before = one
            row.is_unsaved = True
        row.shown = row.base
        if row.base != row.target.revision and text_before != row.target.text:
            set_conflict(row, row.target.text, row.target.revision)


def set_conflict(row: TipTextRow, theirs: str, revision: int) -> None:
    """Show both texts in the row; a save then replaces the stored text of this revision."""
    row.theirs, row.shown = theirs, revision
    row.conflict_differences = list(differences(theirs, row.text))
