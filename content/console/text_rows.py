"""The rows of the screen of one tip in one language, read with a number of queries that does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils.safestring import mark_safe

from content.compiling.rendering import more_html
from content.console import translation_status
from content.console.edit_conflicts import ConflictSides
from content.console.text_elsewhere import texts_elsewhere_faults
from content.console.tip_text_row import Chip, ShownJudgement, ShownSuggestion, TipTextRow
from content.console.translation_memory import memory_hits
from content.console.translation_status import differences
from content.console.unit_names import part_of_tip
from content.linting.glossary import glossary_hits
from content.linting.text import normalize_text, target_faults
from content.linting.tokens import SERVICE, tokens
from content.models import (
    DeclinedReading,
    Judgement,
    Locale,
    Service,
    Target,
    TargetRevision,
    TextComment,
    TextSuggestion,
    Tip,
    Unit,
    UnitRevision,
    UnsavedText,
)
from content.models.judgement import Verdict
from content.models.target_lifecycle import TargetState
from core.models import User


def text_rows(tip: Tip, locale: Locale, user: User, *, beside: str = "") -> list[TipTextRow]:
    """Return the rows in reading order, from a number of queries that does not depend on how many there are.

    `beside` is the locale whose texts are shown as well; "" for none.
    """
    rows = _stored_rows(tip, locale, beside)
    _fill_boxes(rows, user, locale)
    memory = memory_hits([(row.unit.pk, row.unit.text) for row in rows], locale.pk)
    _add_opinions(rows, locale)
    for row in rows:
        row.memory, row.is_own = memory.get(row.unit.pk, []), row.target.written_by_id == user.pk
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
    declined = DeclinedReading.objects.filter(target=OuterRef("pk"), revision=OuterRef("revision")).values("by__username")
    judged = Judgement.objects.waiting().filter(unit=OuterRef("unit"), link__locale=OuterRef("locale")).order_by("pk")
    found = found.annotate(
        translated=Subquery(translated[:1]),
        declined=ArraySubquery(declined),
        judged=ArraySubquery(judged.values(value=JSONObject(verdict="verdict", note="note", revision="revision"))),
    ).select_related("written_by")
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
        if stored is not None:
            row.declined = stored.declined
            row.judged = [
                ShownJudgement(Verdict(one["verdict"]).label.lower(), one["note"], one["revision"] == stored.revision)
                for one in stored.judged
            ]
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
        row.text, row.base, row.began = row.target.text, row.target.revision, row.target.text
        if (one := unsaved.get(row.unit.pk)) is not None:
            row.text, row.base, began_from = one
            row.began = began_from if row.base else ""
            row.is_unsaved = True
        row.shown = row.base
        if row.base != row.target.revision and row.began != row.target.text:
            set_conflict(row, row.target.text, row.target.revision)


def set_conflict(row: TipTextRow, theirs: str, revision: int) -> None:
    """Show the three texts in the row; a save then replaces the stored text of this revision."""
    row.shown = revision
    row.sides = ConflictSides(row.began, theirs, row.text)


def _add_opinions(rows: Iterable[TipTextRow], locale: Locale) -> None:
    """Add what colleagues say of the texts: comments and suggestions."""
    by_unit = {row.unit.pk: row for row in rows}
    for comment in TextComment.objects.open().filter(locale=locale, unit__in=by_unit).select_related("by"):
        by_unit[comment.unit_id].comments.append(comment)
    for one in TextSuggestion.objects.open().filter(locale=locale, unit__in=by_unit).select_related("by"):
        row = by_unit[one.unit_id]
        row.suggestions.append(ShownSuggestion(one, list(differences(row.target.text, one.text))))
