"""Write the translations of a file as drafts, unit by unit, and refuse those whose text or source has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from content.importing.drafts import KEPT, OLDER, Draft, source_digest, stored_digest
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
    targets: Mapping[str, Mapping[str, str]], sources: Mapping[str, Draft], *, by: User, at: datetime
) -> TargetsWritten:
    """Write the texts by locale and unit key that are new or changed in the file; `sources` are its source texts by key.

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
        if _write_target(target, normalize_text(text), sources.get(key), written, by=by, at=at):
            drafts.append(target)
    if not written.faults:
        Target.objects.write_many(drafts)
        written.new = Counter(draft.locale_id for draft in drafts)
    return written


def _write_target(target: Target, text: str, source: Draft | None, written: TargetsWritten, *, by: User, at: datetime) -> bool:
    """Write one text, or note why not; return True where it is a first text, which is prepared in `target` for writing."""
    name, file_digest = f"{target.locale_id} {target.unit.key}", digest(text.encode())
    if target.text == text:
        _remember(target, file_digest)
    elif target.file_digest == file_digest:
        written.kept.append(name)
    elif reason := _reason_to_refuse(target, text, source):
        written.refused[name] = reason
    elif found := [fault.detail for fault in target_faults(target.unit, text, target.locale_id) if fault.refuses]:
        written.faults.append(f"targets/{target.locale_id}.yaml: {target.unit.key}: {' '.join(found)}")
    elif not target.pk:
        target.text, target.file_digest = text, file_digest
        return True
    else:
        target.write(text=text, by=by, at=at, from_revision=target.revision)
        _remember(target, file_digest)
        written.changed += 1
    return False


def _remember(target: Target, file_digest: str) -> None:
    if target.file_digest != file_digest:
        Target.objects.filter(pk=target.pk).update(file_digest=file_digest)


def _reason_to_refuse(target: Target, text: str, source: Draft | None) -> str | None:
    """Return why the text of a new or changed file is not written, or None."""
    if not _has_the_source_of_the_file(target.unit, source):
        return SOURCE_CHANGED
    if not target.pk:
        return None
    if target.revisions.filter(text=text).exists():
        return OLDER
    return None if target.file_digest == digest(target.text.encode()) else KEPT


def _has_the_source_of_the_file(unit: Unit, source: Draft | None) -> bool:
    if source is None:
        # The source text comes from another file, which was loaded before.
        return not unit.file_digest or unit.file_digest == stored_digest(unit)
    return source_digest(normalize_text(source.text), source.numbers, source.hosts) == stored_digest(unit)
