"""Import the translations of a file that was exported before: first what it would change, then exactly that.

An import writes drafts that need a second reader. It never approves, removes, or touches a source text or a fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import langcodes
from django.db import transaction

from content.linting.text import normalize_text, target_faults
from content.models import Locale, Target, TextImport, Unit
from content.models.rights import closed_owners, require_may_write
from content.models.target_lifecycle import TargetState
from content.terms import SOURCE_LOCALE
from content.translation_files.file_text import FileRefused, FileText, Reference, TranslationFile, text_digest
from core import audit, roles
from core.audit_verbs import Verb
from core.canonical import canonical_json, digest
from core.errors import ChangedMeanwhile, Invalid, NotFound
from core.models import User

SOURCE_CHANGED = "The source text has changed since the file was exported. Export it again."
SOURCE_EDITED = "The source text in the file is not the one that was exported. Translate it, but do not change it."
TEXT_CHANGED = "The translation has changed since the file was exported. Export it again."
NO_REFERENCE = "The file no longer says which translation this was made from, and there is one. Export it again."
REMOVAL = "The removal of this translation is proposed. Decide about that first."
UNKNOWN = "There is no such text."
REPEATED = "The text appears in the file more than once."
OTHER_COUNTRY = "Your account does not list the countries that read this text."
UNFINISHED = "The translation is marked as fuzzy in the file. Finish it, and remove the mark."


class FileOutcome(StrEnum):
    """What an import does with one text of a file."""

    #: The text has no translation yet.
    NEW = "new"
    CHANGED = "changed"
    #: The translation is stored already.
    SAME = "same"
    #: The file has no translation of the text; a stored one stays.
    EMPTY = "empty"
    REFUSED = "refused"


@dataclass(frozen=True)
class ComparedText:
    """One text of a file compared with what is stored: `old` and `new` translation, and why it is refused."""

    line: int
    key: str
    outcome: FileOutcome
    old: str = ""
    new: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ImportEffect:
    """What an import would do, text by text in the order of the file."""

    locale: str
    texts: tuple[ComparedText, ...]

    @property
    def counts(self) -> Mapping[FileOutcome, int]:
        """The number of texts with each outcome."""
        found = Counter(text.outcome for text in self.texts)
        return {outcome: found[outcome] for outcome in FileOutcome}

    @property
    def written(self) -> list[ComparedText]:
        """The texts that would be written."""
        return [text for text in self.texts if text.outcome in (FileOutcome.NEW, FileOutcome.CHANGED)]

    @property
    def refused(self) -> list[ComparedText]:
        """The texts that would be refused."""
        return [text for text in self.texts if text.outcome == FileOutcome.REFUSED]

    @property
    def token(self) -> str:
        """A digest of the effect, for a form to send back."""
        return digest(canonical_json([asdict(text) for text in self.texts]))


def read_effect(file: TranslationFile, *, locale: str, by: User) -> ImportEffect:
    """Return what importing the file into the locale would do; raise Invalid where the whole file is refused."""
    _require_may_import(by, locale)
    _require_for(file, locale)
    return _effect(file, locale, _units(file), by)


def keep_import(file: TranslationFile, *, name: str, locale: str, by: User, at: datetime) -> ImportEffect:
    """Keep the texts of a file until the person confirms or discards them, and return what importing them would do."""
    effect = read_effect(file, locale=locale, by=by)
    rows: list[list[object]] = [
        [text.key, text.source, text.target, str(text.reference or ""), text.line, text.unfinished] for text in file.texts
    ]
    TextImport.objects.keep(person=by, locale=locale, name=name, texts=rows, at=at)
    return effect


def kept_file(kept: TextImport) -> TranslationFile:
    """Return the file whose texts are kept."""
    texts = (
        FileText(key, source, target, Reference.parse(reference), line, unfinished)
        for key, source, target, reference, line, unfinished in kept.texts
    )
    return TranslationFile(kept.locale_id, SOURCE_LOCALE, tuple(texts))


def import_texts(file: TranslationFile, *, locale: str, by: User, at: datetime, seen: str | None = None) -> ImportEffect:
    """Write the translations that `read_effect` calls new or changed, as drafts by this person, all in one transaction.

    `seen` is the token of the effect that the person saw; ChangedMeanwhile is raised, and nothing written, where it is another
    one by now.
    """
    _require_may_import(by, locale)
    _require_for(file, locale)
    with transaction.atomic():
        units = _units(file, lock=True)
        effect = _effect(file, locale, units, by)
        if seen is not None and seen != effect.token:
            raise ChangedMeanwhile("Texts have changed since the effect was shown. Read it again, then import.")
        _write(effect, units, by=by, at=at)
        if effect.written:
            counts: dict[str, Any] = {str(outcome): n for outcome, n in effect.counts.items()}
            audit.record(by=by, verb=Verb.TRANSLATIONS_IMPORTED, at=at, locale=locale, **counts)
    return effect


def _require_may_import(by: User, locale: str) -> None:
    roles.require(by, "content.edit_words")
    if not Locale.objects.filter(pk=locale).exists():
        raise NotFound(f"There is no language {locale}.")
    if locale == SOURCE_LOCALE:
        raise Invalid("English is the source language, and is not translated.", code="source-locale")
    require_may_write(by, locale)


def _require_for(file: TranslationFile, locale: str) -> None:
    """Raise FileRefused for a file in another language, or of another source; one that names neither is for this one."""
    if not file.texts:
        raise FileRefused("The file has no texts.")
    if file.locale and _tag(file.locale) != _tag(locale):
        raise FileRefused(f"The file is in the language {file.locale[:35]}, not in {locale}. Choose the page of that language.")
    source = _tag(file.source_locale) if file.source_locale else SOURCE_LOCALE
    if source.partition("-")[0] != SOURCE_LOCALE:
        raise FileRefused(f"The file is translated from {file.source_locale[:35]}; texts here are translated from English.")


def _tag(text: str) -> str:
    """Return a language tag as it is usually written, so that `pt_br` is `pt-BR`; a tag that is none as it is."""
    try:
        return str(langcodes.standardize_tag(text.strip()[:35]))
    except (ValueError, LookupError):
        return text.strip()


def _units(file: TranslationFile, *, lock: bool = False) -> dict[str, Unit]:
    """Return the units of the file by key; with `lock`, no other transaction changes them or their targets."""
    units = Unit.objects.filter(key__in={text.key for text in file.texts}).order_by("pk")
    return {unit.key: unit for unit in (units.select_for_update(no_key=True) if lock else units)}


def _effect(file: TranslationFile, locale: str, units: Mapping[str, Unit], by: User) -> ImportEffect:
    found = Target.objects.filter(locale=locale, unit__in=list(units.values()))
    targets = {target.unit_id: target for target in found}
    repeated = {key for key, count in Counter(text.key for text in file.texts).items() if count > 1}
    closed = closed_owners(by, {unit.owner for unit in units.values()})
    return ImportEffect(locale, tuple(_compared(file, locale, units, targets, repeated, closed)))


def _compared(
    file: TranslationFile,
    locale: str,
    units: Mapping[str, Unit],
    targets: Mapping[int, Target],
    repeated: set[str],
    closed: frozenset[str],
) -> Iterator[ComparedText]:
    for text in file.texts:
        unit = units.get(text.key)
        if unit is None:
            yield ComparedText(text.line, text.key[:160], FileOutcome.REFUSED, reason=UNKNOWN)
            continue
        target = targets.get(unit.pk)
        old, new = target.text if target else "", normalize_text(text.target)
        if not new or new == old:
            outcome, reason = (FileOutcome.SAME if new else FileOutcome.EMPTY), ""
        elif text.key in repeated:
            outcome, reason = FileOutcome.REFUSED, REPEATED
        elif unit.owner in closed:
            outcome, reason = FileOutcome.REFUSED, OTHER_COUNTRY
        else:
            reason = _reason_to_refuse(text, unit, target, new, locale)
            outcome = FileOutcome.REFUSED if reason else FileOutcome.CHANGED if old else FileOutcome.NEW
        yield ComparedText(text.line, text.key, outcome, old, new, reason)


def _reason_to_refuse(text: FileText, unit: Unit, target: Target | None, new: str, locale: str) -> str:
    """Return why the translation of the file is not written, "" where it is."""
    same_source = normalize_text(text.source) == unit.text
    if not same_source and (text.reference is None or text.reference.source != text_digest(unit.text)):
        return SOURCE_CHANGED
    if not same_source:
        return SOURCE_EDITED
    if target is not None and target.state == TargetState.REMOVAL:
        return REMOVAL
    stored = target.text if target else ""
    if text.reference is None and stored:
        return NO_REFERENCE
    if text.reference is not None and text.reference.target != text_digest(stored):
        return TEXT_CHANGED
    if text.unfinished:
        return UNFINISHED
    return " ".join(fault.detail for fault in target_faults(unit, new, locale) if fault.refuses)


def _write(effect: ImportEffect, units: Mapping[str, Unit], *, by: User, at: datetime) -> None:
    chosen = {units[text.key].pk: text for text in effect.written}
    found = Target.objects.select_for_update().filter(locale=effect.locale, unit__in=list(chosen)).order_by("pk")
    existing = {one.unit_id: one for one in found}
    drafts, revised = [], {}
    for unit in units.values():
        text = chosen.get(unit.pk)
        if text is None:
            continue
        if (target := existing.get(unit.pk)) is not None:
            revised[target.pk] = text.new
        else:
            drafts.append(
                Target(
                    unit=unit, locale_id=effect.locale, text=text.new, source_revision=unit.revision, written_by=by, written_at=at
                )
            )
    Target.objects.write_many(drafts)
    Target.objects.revise_many(revised, by=by, at=at)
