"""Turn texts from files into drafts, and keep any text that a person has edited since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from content.linting.text import normalize_text, source_faults
from content.models import Service, Unit
from content.terms import SOURCE_LOCALE, Change
from core.canonical import digest
from core.models import AuditEntry, User

KEPT = "a person has changed the text since the file was loaded last"
OLDER = "the file has an older text"


@dataclass(frozen=True)
class Draft:
    """A source text from a file."""

    key: str
    owner: str
    text: str
    numbers: tuple[str, ...] = ()
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


def source_digest(text: str, numbers: Iterable[str], hosts: Iterable[str]) -> str:
    """Return the digest of a source text with what it may hold, as `Unit.file_digest` remembers it."""
    return digest("\n".join((text, ",".join(map(str, numbers)), ",".join(map(str, hosts)))).encode())


def stored_digest(unit: Unit) -> str:
    """Return the digest of the unit as it is stored."""
    return source_digest(unit.text, unit.allowed_numbers, unit.allowed_hosts)


def write_drafts(drafts: Iterable[Draft], *, by: User, at: datetime) -> DraftsWritten:
    """Write the drafts that are new or changed in the file; check them with `draft_faults` first.

    A changed text is written only over the one that the file held when it was loaded last, also by another person. What people
    have edited since, and what an older file holds, is refused unit by unit.
    """
    written = DraftsWritten()
    wanted = {draft.key: draft for draft in drafts}
    existing = {unit.key: unit for unit in Unit.objects.filter(key__in=wanted)}
    new = [_unit(draft, by, at) for key, draft in wanted.items() if key not in existing]
    for unit in new:
        unit.file_digest = stored_digest(unit)
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
            if reason := _reason_to_refuse(unit, text):
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
        if unit.file_digest != file_digest:
            Unit.objects.filter(pk=unit.pk).update(file_digest=file_digest)
    return written


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
    faults = []
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
