"""Load a file of services: their facts and their contact details, only as proposals."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from content.importing.contact import contact_drafts
from content.importing.drafts import Draft, write_drafts
from content.importing.emergency_numbers import countries_covered, read_emergency_numbers
from content.importing.facts_file import ImportedService, ImportedText, read_facts
from content.importing.figures import figure_drafts, propose_figures, read_figures
from content.importing.proposals import ChannelSlots, Difference, compare
from content.importing.reference import load_reference
from content.importing.service_proposals import propose_services
from content.models import ChannelRevision, Service
from content.models.rights import require_country
from core import audit, roles
from core.audit_verbs import Verb
from core.models import User

FACTS_DIR = Path(__file__).parent.parent / "facts"
SERVICES_FILE = FACTS_DIR / "reporting_tools.json"
EMERGENCY_FILE = FACTS_DIR / "emergency_numbers.json"
FIGURES_FILE = FACTS_DIR / "figures.json"


@dataclass
class FactsLoaded:
    """What loading the file changed; nothing if the same file was loaded before."""

    entries: int = 0
    reference: int = 0
    services_new: list[str] = field(default_factory=list)
    #: Those in which facts are proposed to change, and those in which something changed that no reader sees.
    services_proposed: list[str] = field(default_factory=list)
    services_changed: list[str] = field(default_factory=list)
    proposed: Counter[str] = field(default_factory=Counter)
    withdrawn: int = 0
    figures: int = 0
    units_new: int = 0
    units_changed: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        counts = (self.reference, self.withdrawn, self.units_new, self.units_changed, self.proposed.total(), self.figures)
        return bool(self.services_new or self.services_proposed or self.services_changed or any(counts))

    def data(self) -> dict[str, Any]:
        """Return the summary as values that JSON can hold."""
        return {
            "entries": self.entries,
            "changed": self.changed,
            "services": {
                "new": len(self.services_new),
                "proposed": self.services_proposed,
                "changed": self.services_changed,
            },
            "proposals": dict(self.proposed) | {"withdrawn": self.withdrawn},
            "figures": self.figures,
            "units": {"new": self.units_new, "changed": self.units_changed},
            "notes": self.notes,
        }


@transaction.atomic
def load_facts(
    data: bytes, emergency_numbers: bytes | None = None, figures: bytes | None = None, *, by: User, at: datetime
) -> FactsLoaded:
    """Load the files whole or nothing; loading them again changes nothing. FactsRefused names each entry and reason.

    `data` is a file of services, `emergency_numbers` one of emergency numbers for the countries without such a service, and
    `figures` one of statistics.
    """
    roles.require(by, "content.propose_channelrevision")
    roles.require(by, "content.edit_words")
    # The files hold services of every country.
    require_country(by, None)
    areas = json.loads((FACTS_DIR / "areas.json").read_text(encoding="utf-8"))
    services = read_facts(data, areas)
    if emergency_numbers is not None:
        services += read_emergency_numbers(emergency_numbers, covered=countries_covered(services))
    statistics = read_figures(figures) if figures is not None else []
    loaded = FactsLoaded(entries=len(services), reference=load_reference())
    proposed = propose_services(services, by=by, at=at)
    loaded.services_new, loaded.services_proposed = proposed.new, proposed.proposed
    loaded.services_changed, loaded.withdrawn = proposed.provenance, proposed.withdrawn
    loaded.notes += proposed.kept
    loaded.figures = propose_figures(statistics, by=by, at=at)
    drafts = [*_propose(services, loaded, by=by, at=at), *figure_drafts(statistics)]
    texts = write_drafts(drafts, by=by, at=at)
    loaded.units_new, loaded.units_changed = len(texts.new), len(texts.changed)
    loaded.notes += [note for service in services for note in service.notes]
    loaded.notes += [f"{key}: a person has edited this text; it is kept." for key in texts.kept]
    loaded.notes += [f"{key}: refused, because {reason}." for key, reason in texts.refused.items()]
    absent = Service.objects.exclude(pk__in=[service.id for service in services]).values_list("pk", flat=True)
    loaded.notes += [f"{name}: not in the file; left unchanged." for name in absent]
    if loaded.changed:
        audit.record(by=by, verb=Verb.FACTS_LOADED, at=at, **{k: v for k, v in loaded.data().items() if k != "notes"})
    return loaded


def _propose(services: Iterable[ImportedService], loaded: FactsLoaded, *, by: User, at: datetime) -> Iterator[Draft]:
    """Propose the changes of channels, and yield a draft for each text of the services and their channels."""
    slots = ChannelSlots.by_service()
    proposals = []
    for service in services:
        difference = compare(service.channels, slots.get(service.id, ChannelSlots()), by=by)
        for revision in difference.withdraw:
            revision.withdraw(by=by, at=at)
        loaded.withdrawn += len(difference.withdraw)
        for position, act, facts in difference.propose:
            proposals.append(
                ChannelRevision(service_id=service.id, position=position, act=act, proposed_by=by, proposed_at=at, **facts)
            )
            loaded.proposed[act.value] += 1
        loaded.notes += [f"{service.id}: {reason}." for reason in difference.kept]
        yield from _drafts(service, difference)
    ChannelRevision.objects.bulk_create(proposals)


def _drafts(service: ImportedService, difference: Difference) -> Iterator[Draft]:
    owner = f"service:{service.id}"

    def draft(key: str, text: ImportedText) -> Draft:
        return Draft(key, owner, text.text, text.numbers, text.hosts)

    if service.purpose is not None:
        yield draft(f"service.{service.id}.purpose", service.purpose)
    yield from contact_drafts(service.id)
    for position, channel in sorted(difference.positions.items()):
        if channel.label is not None:
            yield draft(f"channel.{service.id}.{position}.label", channel.label)
        if channel.steps is not None:
            yield draft(f"channel.{service.id}.{position}.steps", channel.steps)
