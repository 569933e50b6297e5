"""Write the texts of a locale for people who translate them in tools of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from django.db.models import TextChoices

from content.linting.length import refused_length
from content.linting.style_notes import style_notes
from content.linting.tokens import SERVICE, tokens
from content.models import Locale, Service, Target, Tip, Unit, UnitRevision
from content.models.target_status import TargetStatus
from content.models.unit_lifecycle import UnitState
from content.terms import SOURCE_LOCALE, Situation
from content.translation_files.file_text import FileState, FileText, Reference, TranslationFile
from core.errors import Invalid, NotFound

if TYPE_CHECKING:
    from content.models.target_queries import TargetWithStatus

#: Takes the keys of all texts of a file, and returns what gives each of them its name.
NameTexts = Callable[[Sequence[str]], Callable[[str], str]]

_UNFINISHED = frozenset({TargetStatus.EMPTY, TargetStatus.OUTDATED, TargetStatus.WITHDRAWN})


class TextBatch(TextChoices):
    """Which texts of a locale a file holds."""

    #: Not translated, outdated, or withdrawn.
    TO_DO = "to-do", "Everything to translate or bring up to date"
    #: What a safety change has withdrawn, and the unfinished texts of tips for a risk of self-harm.
    URGENT = "urgent", "Urgent: withdrawn for safety, and tips for a risk of self-harm"
    MISSING = "missing", "Not translated"
    OUTDATED = "outdated", "Outdated or withdrawn for safety"
    NEEDS_REVIEW = "needs-review", "Drafts that need review"
    ALL = "all", "All texts"


def export_texts(locale: str, *, batch: str = TextBatch.TO_DO, tip: str = "", name_texts: NameTexts) -> TranslationFile:
    """Return the texts of a batch, or of one tip of it, in the order in which readers see them.

    Raises NotFound for an unknown locale or tip, and Invalid for the source locale or an unknown batch.
    """
    if batch not in TextBatch.values:
        raise Invalid(f"There is no batch {batch}. Choose one of: {', '.join(TextBatch.values)}.", code="batch")
    if locale == SOURCE_LOCALE:
        raise Invalid("English is the source language, and is not translated.", code="source-locale")
    if not Locale.objects.filter(pk=locale).exists():
        raise NotFound(f"There is no language {locale}.")
    tips = list(Tip.objects.current().order_by("order", "slug"))
    if tip and tip not in (one.slug for one in tips):
        raise NotFound(f"There is no tip {tip}.")
    units = {unit.key: unit for unit in (Unit.objects.owned_by(f"tip:{tip}") if tip else Unit.objects.all())}
    targets = {one.unit_id: one for one in Target.objects.with_status().filter(locale=locale, unit__key__in=list(units))}
    crisis = {f"tip:{one.slug}" for one in tips if Situation.SELF_HARM_RISK in one.situations}
    chosen = []
    for key in _in_order(tips, units):
        target = targets.get(units[key].pk)
        status = TargetStatus(target.status) if target else TargetStatus.EMPTY
        if _belongs(TextBatch(batch), status, crisis=units[key].owner in crisis):
            chosen.append((units[key], target, status))
    notes = _Notes([unit for unit, _, _ in chosen], [target for _, target, _ in chosen if target])
    name_of = name_texts([unit.key for unit, _, _ in chosen])
    texts = tuple(_text(unit, target, status, locale, name_of, notes) for unit, target, status in chosen)
    return TranslationFile(locale, SOURCE_LOCALE, texts, tuple(style_notes(locale)))


def _in_order(tips: Sequence[Tip], units: Mapping[str, Unit]) -> Iterator[str]:
    """Yield the keys of texts that readers can get: those of the tips as readers see them, then those of no tip by key."""
    yield from (key for tip in tips for _, key in list(tip.keys()) if key in units)
    yield from sorted(key for key, unit in units.items() if not unit.owner.startswith("tip:"))


def _belongs(batch: TextBatch, status: TargetStatus, *, crisis: bool) -> bool:
    match batch:
        case TextBatch.ALL:
            return True
        case TextBatch.URGENT:
            return status == TargetStatus.WITHDRAWN or (crisis and status in _UNFINISHED)
        case TextBatch.TO_DO:
            return status in _UNFINISHED
        case TextBatch.MISSING:
            return status == TargetStatus.EMPTY
        case TextBatch.OUTDATED:
            return status in (TargetStatus.OUTDATED, TargetStatus.WITHDRAWN)
        case TextBatch.NEEDS_REVIEW:
            return status == TargetStatus.NEEDS_REVIEW


def _text(
    unit: Unit,
    target: TargetWithStatus | None,
    status: TargetStatus,
    locale: str,
    name_of: Callable[[str], str],
    notes: _Notes,
) -> FileText:
    text = target.text if target else ""
    return FileText(
        key=unit.key,
        source=unit.text,
        target=text,
        reference=Reference.of(unit.key, unit.text, text),
        state=FileState(status.value),
        name=name_of(unit.key),
        notes=tuple(notes.of(unit, target)),
        limit=refused_length(unit.key, locale),
    )


class _Notes:
    """The notes on each text for its translator, read in two queries for a whole file."""

    def __init__(self, units: Sequence[Unit], targets: Sequence[Target]) -> None:
        named = {token.name for unit in units for token in tokens(unit.text) if token.kind == SERVICE}
        self._services = dict(Service.objects.filter(pk__in=named).values_list("pk", "name"))
        revisions = {unit.pk: unit.revision for unit in units}
        behind = [target for target in targets if target.source_revision < revisions[target.unit_id]]
        earlier = UnitRevision.objects.filter(unit__in=[target.unit_id for target in behind])
        self._sources = {(row.unit_id, row.revision): row.text for row in earlier}

    def of(self, unit: Unit, target: Target | None) -> Iterator[str]:
        """Yield the notes of one text."""
        for token in dict.fromkeys(tokens(unit.text)):
            shown = f"the name “{self._services.get(token.name, token.name)}”" if token.kind == SERVICE else "a figure"
            yield f"Leave {token} as it is: readers see {shown} in its place."
        if unit.allowed_numbers:
            yield f"The text may hold these numbers: {', '.join(unit.allowed_numbers)}."
        if unit.stays_as_is:
            yield "A name or a brand: it may stay as it is."
        if unit.state != UnitState.APPROVED:
            yield "The source text is not approved yet, and may change."
        before = self._sources.get((unit.pk, target.source_revision)) if target else None
        if before is not None and before != unit.text:
            yield f"When this was translated, the source text was: {before}"
