"""Texts from files become drafts; what a person has written since is left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from content.linting.text import source_faults, tidy
from content.models import Service, Unit
from content.terms import SOURCE_LOCALE, Change
from core.models import AuditEntry, User


@dataclass(frozen=True)
class Draft:
    """A source text as a file has it."""

    key: str
    owner: str
    text: str
    numbers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass
class Drafted:
    """What became of the drafts, by unit key."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def edited_by_people(model: str) -> set[str]:
    """Return the rows of the model that anybody changed by a domain method: a file no longer speaks for them."""
    return set(AuditEntry.objects.filter(model=model).values_list("row", flat=True))


def write_drafts(drafts: Iterable[Draft], *, by: User, at: datetime) -> Drafted:
    """Write the drafts that are new or that the file changed; the text gate has to be asked before (`draft_faults`)."""
    done = Drafted()
    wanted = {draft.key: draft for draft in drafts}
    there = {unit.key: unit for unit in Unit.objects.filter(key__in=wanted)}
    new = [_unit(draft, by, at) for key, draft in wanted.items() if key not in there]
    Unit.objects.write_many(new)
    done.new = [unit.key for unit in new]
    for key, unit in there.items():
        draft = wanted[key]
        same = (unit.text, tuple(unit.allowed_numbers), tuple(unit.allowed_hosts))
        if same == (tidy(draft.text), draft.numbers, draft.hosts):
            continue
        if unit.written_by_id != by.pk:
            done.kept.append(key)
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
        done.changed.append(key)
    return done


def draft_faults(drafts: Iterable[Draft], *, by: User, at: datetime) -> list[str]:
    """Return one sentence for each thing that the text gate refuses, with the unit's key."""
    known = frozenset(Service.objects.values_list("pk", flat=True))
    faults = []
    for draft in drafts:
        for fault in source_faults(_unit(draft, by, at), known_services=known):
            if not fault.caution:
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
