"""Propose the facts of services from a file, and keep what people have decided since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.text import slugify

from content.importing.decisions import Decisions
from content.importing.drafts import edited_by_people
from content.importing.facts_file import ImportedService
from content.models import Organization, Service, ServiceRevision
from content.models.service_facts import FACTS
from content.models.service_revision import ServiceAct
from core.models import User

_REASON = "Loaded from a file."


@dataclass
class ServicesProposed:
    """The ids of the services that were added, proposed to change, or changed for staff alone; and why others were kept."""

    new: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    provenance: list[str] = field(default_factory=list)
    withdrawn: int = 0
    kept: list[str] = field(default_factory=list)


def propose_services(services: Iterable[ImportedService], *, by: User, at: datetime) -> ServicesProposed:
    """Add the services that are new, and propose the facts of each that differs from what was decided about it.

    No service is compiled before a second person has approved its facts. Where a file was read, and what is open in it, is
    written at once: no reader sees it.
    """
    services = list(services)
    organizations = _organizations(services)
    wanted = {one.id: _columns(one, organizations) for one in services}
    found = ServicesProposed()
    existing, edited = Service.objects.in_bulk(), edited_by_people("content.Service")
    found.new = [name for name in wanted if name not in existing]
    Service.objects.bulk_create(Service(id=name, **wanted[name]) for name in found.new)
    decisions = Decisions.by_row(ServiceRevision.objects.order_by("pk"), "service_id")
    proposals = []
    for name, columns in wanted.items():
        service = existing.get(name)
        if service is not None and _write_provenance(service, columns, keep_notes=name in edited):
            found.provenance.append(name)
        facts = {column: columns[column] for column in FACTS}
        if _is_to_propose(name, service, decisions.get(name, Decisions()), facts, found, by=by, at=at):
            act = ServiceAct.ADD if service is None or service.revision_id is None else ServiceAct.CHANGE
            proposals.append(ServiceRevision(service_id=name, act=act, reason=_REASON, proposed_by=by, proposed_at=at, **facts))
            if service is not None:
                found.proposed.append(name)
    ServiceRevision.objects.bulk_create(proposals)
    return found


def _is_to_propose(
    name: str,
    service: Service | None,
    decisions: Decisions[ServiceRevision],
    facts: Mapping[str, Any],
    found: ServicesProposed,
    *,
    by: User,
    at: datetime,
) -> bool:
    """Return whether the facts are to be proposed; an earlier proposal of the same person makes room for them."""
    waiting = decisions.waiting
    if waiting is not None and waiting.facts() == facts:
        return False
    if service is not None and service.revision_id is not None and service.facts() == facts:
        # The file that was loaded before had something else, which it no longer says.
        if waiting is not None and waiting.proposed_by_id == by.pk and waiting.reason == _REASON:
            waiting.withdraw(by=by, at=at)
            found.withdrawn += 1
        return False
    same = [revision for revision in decisions.revisions if revision.facts() == facts]
    if reason := decisions.reason_to_keep(same, by=by):
        found.kept.append(f"{name}: {reason}.")
        return False
    if waiting is not None:
        waiting.withdraw(by=by, at=at)
        found.withdrawn += 1
    return True


def _columns(imported: ImportedService, organizations: Mapping[str, str]) -> dict[str, Any]:
    return imported.fields | {
        "organization_id": organizations[imported.organization],
        "compiled_on": date.fromisoformat(imported.fields["compiled_on"]),
    }


def _write_provenance(service: Service, columns: Mapping[str, Any], *, keep_notes: bool) -> bool:
    """Write where the entry was read and what is open in it; return whether anything differed."""
    changed = {
        name: value
        for name, value in columns.items()
        if name not in FACTS and getattr(service, name) != value and not (keep_notes and name == "notes")
    }
    return bool(changed) and bool(Service.objects.filter(pk=service.pk).update(**changed))


def _organizations(services: Iterable[ImportedService]) -> dict[str, str]:
    """Return the id of the organization by the name in the file, and add those that are new.

    An organization that was renamed since is found by its id, which was made from its first name.
    """
    found = dict(Organization.objects.values_list("name", "id"))
    taken = {*found.values()}
    renamed = set(Organization.objects.exclude(revision=None).values_list("id", flat=True))
    new = []
    for name in dict.fromkeys(service.organization for service in services):
        if name in found:
            continue
        slug = base = slugify(name)[:100] or "organization"
        if base in renamed:
            found[name] = base
            continue
        number = 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        found[name] = slug
        new.append(Organization(id=slug, name=name))
    Organization.objects.bulk_create(new)
    return found
