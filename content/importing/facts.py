"""Load a file of services: facts about them at once, their numbers and addresses only as proposals."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from content.importing.contact import contact_drafts
from content.importing.drafts import Draft, edited_by_people, write_drafts
from content.importing.facts_file import Entry, Words, read_facts
from content.importing.proposals import Difference, Slots, compare
from content.importing.reference import load_reference
from content.models import ChannelRevision, Organization, Service
from core import audit, roles
from core.models import User

FACTS_DIR = Path(__file__).parent.parent / "facts"


@dataclass
class Loaded:
    """What loading changed; nothing at all where the file was loaded before."""

    entries: int = 0
    reference: int = 0
    services_new: list[str] = field(default_factory=list)
    services_changed: list[str] = field(default_factory=list)
    proposed: Counter[str] = field(default_factory=Counter)
    withdrawn: int = 0
    units_new: int = 0
    units_changed: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything at all was written."""
        counts = (self.reference, self.withdrawn, self.units_new, self.units_changed, self.proposed.total())
        return bool(self.services_new or self.services_changed or any(counts))

    def data(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        return {
            "entries": self.entries,
            "changed": self.changed,
            "services": {"new": len(self.services_new), "changed": self.services_changed},
            "proposals": dict(self.proposed) | {"withdrawn": self.withdrawn},
            "units": {"new": self.units_new, "changed": self.units_changed},
            "notes": self.notes,
        }


@transaction.atomic
def load_facts(data: bytes, *, by: User, at: datetime) -> Loaded:
    """Load the file whole or not at all; a second time changes nothing. FactsRefused names each entry and reason."""
    roles.require(by, "content.propose_channelrevision")
    roles.require(by, "content.edit_words")
    areas = json.loads((FACTS_DIR / "areas.json").read_text(encoding="utf-8"))
    entries = read_facts(data, areas)
    loaded = Loaded(entries=len(entries), reference=load_reference())
    _organizations(entries)
    _services(entries, loaded)
    drafts = list(_propose(entries, loaded, by=by, at=at))
    words = write_drafts(drafts, by=by, at=at)
    loaded.units_new, loaded.units_changed = len(words.new), len(words.changed)
    loaded.notes += [note for entry in entries for note in entry.notes]
    loaded.notes += [f"{key}: the text that a person wrote is kept." for key in words.kept]
    absent = Service.objects.exclude(pk__in=[entry.id for entry in entries]).values_list("pk", flat=True)
    loaded.notes += [f"{name}: not in the file, left as it is." for name in absent]
    if loaded.changed:
        audit.record(by=by, verb="load facts", at=at, **{k: v for k, v in loaded.data().items() if k != "notes"})
    return loaded


def _organizations(entries: Iterable[Entry]) -> None:
    there = set(Organization.objects.values_list("name", flat=True))
    taken = set(Organization.objects.values_list("id", flat=True))
    new = []
    for name in dict.fromkeys(entry.organization for entry in entries):
        if name in there:
            continue
        slug = base = slugify(name)[:100] or "organization"
        number = 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        new.append(Organization(id=slug, name=name))
    Organization.objects.bulk_create(new)


def _services(entries: Iterable[Entry], loaded: Loaded) -> None:
    organizations = dict(Organization.objects.values_list("name", "id"))
    there, edited = Service.objects.in_bulk(), edited_by_people("content.Service")
    new = []
    for entry in entries:
        fields = entry.fields | {
            "organization_id": organizations[entry.organization],
            "compiled_on": date.fromisoformat(entry.fields["compiled_on"]),
        }
        service = there.get(entry.id)
        if service is None:
            new.append(Service(id=entry.id, **fields))
        elif changed := {name: value for name, value in fields.items() if getattr(service, name) != value}:
            if entry.id in edited:
                loaded.notes.append(
                    f"{entry.id}: people edited it, and it is kept; the file says otherwise of {', '.join(changed)}."
                )
                continue
            Service.objects.filter(pk=entry.id).update(**changed)
            loaded.services_changed.append(entry.id)
    Service.objects.bulk_create(new)
    loaded.services_new = [service.id for service in new]


def _propose(entries: Iterable[Entry], loaded: Loaded, *, by: User, at: datetime) -> Iterable[Draft]:
    """Make the proposals, and yield the words of services and channels."""
    slots = Slots.by_service()
    proposals = []
    for entry in entries:
        difference = compare(entry.channels, slots.get(entry.id, Slots()), by=by)
        for revision in difference.withdraw:
            revision.withdraw(by=by, at=at)
        loaded.withdrawn += len(difference.withdraw)
        for position, act, facts in difference.propose:
            proposals.append(
                ChannelRevision(service_id=entry.id, position=position, act=act, proposed_by=by, proposed_at=at, **facts)
            )
            loaded.proposed[act.value] += 1
        loaded.notes += [f"{entry.id}: {reason}." for reason in difference.kept]
        yield from _drafts(entry, difference)
    ChannelRevision.objects.bulk_create(proposals)


def _drafts(entry: Entry, difference: Difference) -> Iterable[Draft]:
    owner = f"service:{entry.id}"

    def draft(key: str, words: Words) -> Draft:
        return Draft(key, owner, words.text, words.numbers, words.hosts)

    yield draft(f"service.{entry.id}.purpose", entry.purpose)
    yield from contact_drafts(entry.id)
    for position, channel in sorted(difference.positions.items()):
        if channel.label is not None:
            yield draft(f"channel.{entry.id}.{position}.label", channel.label)
        if channel.steps is not None:
            yield draft(f"channel.{entry.id}.{position}.steps", channel.steps)
