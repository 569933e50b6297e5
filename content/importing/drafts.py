"""Turn texts from files into drafts, and keep any text that a person has edited since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from content.linting.text import normalize_text, source_faults
from content.models import Service, Unit
from content.terms import SOURCE_LOCALE, Change
from core.models import AuditEntry, User


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
    """The unit keys of the drafts: created, changed, or kept because a person had edited the text."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def edited_by_people(model: str) -> set[str]:
    """Return the keys of the model's rows that people have changed: a file no longer overwrites these."""
    return set(AuditEntry.objects.filter(model=model).values_list("row", flat=True))


def write_drafts(drafts: Iterable[Draft], *, by: User, at: datetime) -> DraftsWritten:
    """Write the drafts that are new or changed in the file; check them with `draft_faults` first."""
    written = DraftsWritten()
    wanted = {draft.key: draft for draft in drafts}
    existing = {unit.key: unit for unit in Unit.objects.filter(key__in=wanted)}
    new = [_unit(draft, by, at) for key, draft in wanted.items() if key not in existing]
    Unit.objects.write_many(new)
    written.new = [unit.key for unit in new]
    for key, unit in existing.items():
        draft = wanted[key]
        same = (unit.text, tuple(unit.allowed_numbers), tuple(unit.allowed_hosts))
        if same == (normalize_text(draft.text), draft.numbers, draft.hosts):
            continue
        if unit.written_by_id != by.pk:
            written.kept.append(key)
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
    return written


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
