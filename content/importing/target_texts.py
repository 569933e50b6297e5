"""Write the translations of a file as drafts, unit by unit, and refuse those whose text or source has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from content.importing.drafts import KEPT, OLDER, Draft, remember_file, revision_fault, source_digest, stored_digest
from content.linting.text import normalize_text, target_faults
from content.models import Locale, Target, Unit
from core.canonical import digest
from core.models import User

SOURCE_CHANGED = "its source text has changed since the file was written"


@dataclass
class TargetsWritten:
    """New translations by locale, the number of changed ones, and a reason for each that was refused or kept.

    `faults` are the texts that break a rule: with one of them, no file is loaded.
    """

    new: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    kept: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def write_targets(
    targets: Mapping[str, Mapping[str, str]],
    sources: Mapping[str, Draft],
    revisions: Mapping[str, int],
    *,
    by: User,
    at: datetime,
) -> TargetsWritten:
    """Write the texts by locale and unit key that are new or changed in the files, which have these revisions by locale.

    `sources` are the source texts by key in the file beside them.

    A translation is written only where the unit still has the source text that stands beside it in the file, and only over the
    text that the file held when it was loaded last.
    """
    written = TargetsWritten()
    units = {unit.key: unit for unit in Unit.objects.all()}
    existing = {(target.unit_id, target.locale_id): target for target in Target.objects.all()}
    known = set(Locale.objects.values_list("code", flat=True))
    written.faults += [f"targets/{locale}.yaml: there is no locale {locale}." for locale in targets if locale not in known]
    drafts: list[Target] = []
    for locale, key, text in ((locale, key, text) for locale, texts in targets.items() for key, text in texts.items()):
        if (unit := units.get(key)) is None:
            written.faults.append(f"targets/{locale}.yaml: {key}: there is no such unit.")
            continue
        target = existing.get((unit.pk, locale))
        if target is None:
            target = Target(unit=unit, locale_id=locale, source_revision=unit.revision, written_by=by, written_at=at)
        target.unit = unit
        file = _InFile(normalize_text(text), revisions.get(locale, 0), sources.get(key))
        if _write_target(target, file, written, by=by, at=at):
            drafts.append(target)
    if not written.faults:
        Target.objects.write_many(drafts)
        written.new = Counter(draft.locale_id for draft in drafts)
    return written


@dataclass(frozen=True)
class _InFile:
    """One text of a file, the file's revision, and the source text in the file beside it."""

    text: str
    revision: int
    source: Draft | None


def _write_target(target: Target, file: _InFile, written: TargetsWritten, *, by: User, at: datetime) -> bool:
    """Write one text, or note why not; return True where it is a first text, which is prepared in `target` for writing."""
    text, name = file.text, f"{target.locale_id} {target.unit.key}"
    file_digest = digest(text.encode())
    if target.text == text:
        remember_file(target, file_digest, file.revision)
    elif target.file_digest == file_digest:
        written.kept.append(name)
    elif reason := _reason_to_refuse(target, file):
        written.refused[name] = reason
    elif found := [fault.detail for fault in target_faults(target.unit, text, target.locale_id) if fault.refuses]:
        written.faults.append(f"targets/{target.locale_id}.yaml: {target.unit.key}: {' '.join(found)}")
    elif not target.pk:
        target.text, target.file_digest, target.file_revision = text, file_digest, file.revision
        return True
    else:
        target.write(text=text, by=by, at=at, from_revision=target.revision)
        remember_file(target, file_digest, file.revision)
        written.changed += 1
    return False


def _reason_to_refuse(target: Target, file: _InFile) -> str | None:
    """Return why the text of a new or changed file is not written, or None."""
    if not _has_the_source_of_the_file(target.unit, file.source):
        return SOURCE_CHANGED
    if not target.pk:
        return None
    if reason := revision_fault(target, file.revision):
        return reason
    if target.revisions.filter(text=file.text).exists():
        return OLDER
    return None if target.file_digest == digest(target.text.encode()) else KEPT


def _has_the_source_of_the_file(unit: Unit, source: Draft | None) -> bool:
    if source is None:
        # The source text comes from another file, which was loaded before.
        return not unit.file_digest or unit.file_digest == stored_digest(unit)
    return source_digest(normalize_text(source.text), source.numbers, source.hosts) == stored_digest(unit)
