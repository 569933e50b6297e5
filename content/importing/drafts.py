"""Turn texts from files into drafts, and keep any text that a person has edited since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from content.linting.allowed_numbers import AllowedNumbers, allowed_number_faults
from content.linting.text import normalize_text, source_faults
from content.models import Service, Target, Unit
from content.terms import SOURCE_LOCALE, Change
from core.canonical import digest
from core.models import AuditEntry, User

KEPT = "a person has changed the text since the file was loaded last"
OLDER = "the file has an older text"
SAME_REVISION = "a file of this revision was loaded with another text; give a changed file the next revision"


@dataclass(frozen=True)
class Draft:
    """A source text from a file."""

    key: str
    owner: str
    text: str
    numbers: AllowedNumbers = field(default_factory=dict)
    hosts: tuple[str, ...] = ()


@dataclass
class DraftsWritten:
    """The unit keys of the drafts: created, changed, kept, or refused with the reason.

    A text is kept where a person has edited it and the file has not changed since it was loaded last; it is refused where the
    file has changed too, or is older.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def edited_by_people(model: str) -> set[str]:
    """Return the keys of the model's rows that people have changed: a file no longer overwrites these."""
    return set(AuditEntry.objects.filter(model=model).values_list("row", flat=True))


def source_digest(text: str, numbers: Mapping[str, str], hosts: Iterable[str]) -> str:
    """Return the digest of a source text with what it may hold, as `Unit.file_digest` remembers it."""
    counted = ",".join(f"{number} {kind}" for number, kind in numbers.items())
    return digest("\n".join((text, counted, ",".join(hosts))).encode())


def stored_digest(unit: Unit) -> str:
    """Return the digest of the unit as it is stored."""
    return source_digest(unit.text, unit.numbers, unit.allowed_hosts)


def write_drafts(drafts: Iterable[Draft], *, by: User, at: datetime, revision: int = 0) -> DraftsWritten:
    """Write the drafts that are new or changed in the file of this revision (0: none); check them with `draft_faults` first.

    A changed text is written only over the one that the file held when it was loaded last, also by another person. What people
    have edited since, what an older file holds, and a text that may hold a number that people dial, is refused unit by unit.
    """
    written = DraftsWritten()
    wanted = {draft.key: draft for draft in drafts}
    for key, fault in _number_faults(wanted.values()):
        written.refused[key] = fault.rstrip(".")
    wanted = {key: draft for key, draft in wanted.items() if key not in written.refused}
    existing = {unit.key: unit for unit in Unit.objects.filter(key__in=wanted)}
    new = [_unit(draft, by, at) for key, draft in wanted.items() if key not in existing]
    for unit in new:
        unit.file_digest, unit.file_revision = stored_digest(unit), revision
    Unit.objects.write_many(new)
    written.new = [unit.key for unit in new]
    for key, unit in existing.items():
        draft = wanted[key]
        text = normalize_text(draft.text)
        file_digest = source_digest(text, draft.numbers, draft.hosts)
        if stored_digest(unit) != file_digest:
            if unit.file_digest == file_digest:
                written.kept.append(key)
                continue
            if reason := revision_fault(unit, revision) or _reason_to_refuse(unit, text):
                written.refused[key] = reason
                continue
            unit.revise(
                text=draft.text,
                change=Change.CLARITY,
                by=by,
                at=at,
                from_revision=unit.revision,
                allowed_numbers=draft.numbers,
                allowed_hosts=draft.hosts,
            )
            written.changed.append(key)
        remember_file(unit, file_digest, revision)
    return written


def revision_fault(row: Unit | Target, revision: int) -> str | None:
    """Return why the file of this revision does not change the text of a row, or None: a newer one may have been loaded."""
    if revision < row.file_revision:
        return OLDER
    return SAME_REVISION if revision == row.file_revision > 0 else None


def remember_file(row: Unit | Target, file_digest: str, revision: int) -> None:
    """Store what the file held of a row, and the revision of the file."""
    loaded = max(revision, row.file_revision)
    if (row.file_digest, row.file_revision) != (file_digest, loaded):
        type(row).objects.filter(pk=row.pk).update(file_digest=file_digest, file_revision=loaded)


def _number_faults(drafts: Iterable[Draft]) -> list[tuple[str, str]]:
    """Return the key and a sentence for each number that a draft cannot be allowed to hold."""
    drafts = list(drafts)
    dialled = Service.objects.dialled_among(number for draft in drafts for number in draft.numbers)
    return [(draft.key, fault) for draft in drafts for _, fault in allowed_number_faults(draft.numbers, dialled=dialled)]


def _reason_to_refuse(unit: Unit, text: str) -> str | None:
    """Return why the text of a changed file is not written over the unit, or None."""
    if unit.text != text and unit.revisions.filter(text=text).exists():
        return OLDER
    if unit.file_digest != stored_digest(unit):
        return KEPT
    return None


def draft_faults(drafts: Iterable[Draft], *, by: User, at: datetime) -> list[str]:
    """Return a sentence with the unit's key for each fault that the text checks refuse."""
    known = frozenset(Service.objects.values_list("pk", flat=True))
    drafts = list(drafts)
    faults = [f"{key}: {fault}" for key, fault in _number_faults(drafts)]
    for draft in drafts:
        for fault in source_faults(_unit(draft, by, at), known_services=known):
            if fault.refuses:
                faults.append(f"{draft.key}: {fault.detail}")
    return faults


def _unit(draft: Draft, by: User, at: datetime) -> Unit:
    return Unit.drafted(
        key=draft.key,
        owner=draft.owner,
        text=draft.text,
        by=by,
        at=at,
        locale=SOURCE_LOCALE,
        numbers=draft.numbers,
        hosts=draft.hosts,
    )
