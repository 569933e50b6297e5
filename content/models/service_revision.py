"""Proposed facts of services; each proposal takes effect when a second person approves it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.db import models, transaction
from django.db.models import Q

from content.linting.service import service_faults
from content.models.channel import Channel
from content.models.country import Country
from content.models.organization import Organization
from content.models.revision import (
    APPROVED_NOW,
    Revision,
    RevisionQuerySet,
    RevisionState,
    four_eyes,
    require_changed,
    revision_lifecycle,
    revision_triggers,
)
from content.models.rights import own_country, require_service_country
from content.models.service import Service
from content.models.service_facts import FACTS, ServiceFacts, Status
from content.terms import Audience, Role, Situation
from core import roles
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Invalid
from core.models import User
from core.querysets import manager_of

#: The columns with closed values → the order that these are stored in, so that the same facts are equal.
_ORDER: Mapping[str, list[str]] = {"roles": Role.values, "audiences": Audience.values, "situations": Situation.values}


class ServiceAct(models.TextChoices):
    """What a revision does to its service when it is approved."""

    #: The service is offered from then on.
    ADD = "add"
    CHANGE = "change"
    #: The facts that a service had before they were approved at all; written by a migration alone.
    EXISTING = "existing"


LIFECYCLE = revision_lifecycle(
    "content.ServiceRevision",
    approved=(Verb.SERVICE_CHANGE_APPROVED, "a second person approves it; readers get it with the next release"),
    withdrawn=(
        Verb.SERVICE_CHANGE_WITHDRAWN,
        "the proposer withdraws or replaces it, a second person rejects it, or a newer file replaces it",
    ),
)


class ServiceRevisionQuerySet(RevisionQuerySet["ServiceRevision"]):
    """Find and propose revisions."""

    def prepare(self, service: Service, facts: Mapping[str, Any]) -> ServiceRevision:
        """Return the unsaved revision of a service with these of its facts changed (columns of FACTS).

        Raises Invalid with `faults` where the facts break a rule, and where they are those that the service already has.
        """
        if unknown := sorted(facts.keys() - {*FACTS}):
            raise Invalid(f"A service has no such facts: {', '.join(unknown)}.", code="not-facts")
        approved = service.revision_id is not None
        act = ServiceAct.CHANGE if approved else ServiceAct.ADD
        revision = self.model(service=service, act=act, **_ordered({**service.facts(), **facts}))
        if faults := revision.faults():
            raise Invalid(" ".join(faults), code="facts", faults=faults)
        if approved:
            require_changed(revision.facts(), _ordered(service.facts()))
        return revision

    def propose(
        self, *, service: Service, by: User, at: datetime, facts: Mapping[str, Any], reason: str = "", replaces: int | None = None
    ) -> ServiceRevision:
        """Propose to change these facts of a service; `replaces` is the proposer's own earlier proposal, which is withdrawn.

        Raises Invalid as `prepare` does, and AlreadyProposed where another proposal is waiting.
        """
        roles.require(by, "content.propose_channelrevision")
        with transaction.atomic():
            # The lock lets one change of the service through at a time: no proposal starts from facts that are being replaced.
            service = Service.objects.select_for_update(of=("self",)).get(pk=service.pk)
            if replaces is not None:
                earlier = self.proposed().filter(pk=replaces, service=service, proposed_by=by).first()
                if earlier is None:
                    raise ChangedMeanwhile(
                        "Your earlier proposal was decided in the meantime. Look at the service, then propose again."
                    )
                earlier.withdraw(by=by, at=at)
            revision = self.prepare(service, facts)
            revision.require_area(by)
            revision.reason, revision.proposed_by, revision.proposed_at = reason, by, at
            return self.insert(revision, verb=Verb.SERVICE_CHANGE_PROPOSED, service=service.pk, act=str(revision.act))


class ServiceRevision(Revision, ServiceFacts):
    """All facts of a service as they will be, with who proposed and who approved them."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="revisions")
    act = models.CharField(max_length=8, choices=ServiceAct.choices)

    approve_permission: ClassVar[str] = "content.approve_channelrevision"
    subject: ClassVar[str] = "a change of a service"

    objects: ClassVar[ServiceRevisionQuerySet] = manager_of(ServiceRevisionQuerySet)

    class Meta(ServiceFacts.Meta):
        ordering = ("-id",)
        constraints = (
            *ServiceFacts.Meta.constraints,
            models.CheckConstraint(condition=Q(act__in=ServiceAct.values), name="servicerevision_act"),
            # Nobody approved the facts that were there before this table.
            four_eyes(Q(act=ServiceAct.EXISTING)),
            models.UniqueConstraint(
                fields=("service",), condition=Q(state=RevisionState.PROPOSED), name="servicerevision_one_proposal"
            ),
        )
        triggers = (
            *revision_triggers(LIFECYCLE, ["service", "act", "reason", "proposed_by", "proposed_at", *FACTS]),
            pgtrigger.Protect(
                name="existing_by_migration", operation=pgtrigger.Insert, condition=pgtrigger.Q(new__act=ServiceAct.EXISTING)
            ),
            own_country(column="approved_by_id", service="NEW.service_id", when=APPROVED_NOW, facts=True),
        )

    def __str__(self) -> str:
        return f"{self.service_id}: {self.act}"

    def require_area(self, by: User) -> None:
        """Raise NotYourCountry where readers of another country get the service, now or once this is approved."""
        require_service_country(by, self.service, self)

    def of_the_same_row(self) -> models.QuerySet[ServiceRevision]:
        """Return all revisions of the service."""
        return ServiceRevision.objects.filter(service_id=self.service_id)

    def faults(self) -> list[str]:
        """Return one sentence for each rule that the facts, or the opening hours of the channels with them, break."""
        countries = frozenset(Country.objects.values_list("code", flat=True))
        hours = Channel.objects.filter(service=self.service_id).exclude(hours="").values_list("hours", flat=True)
        faults = service_faults(self, countries=countries, statuses=Status.values, hours=hours)
        if self.successor_id is not None and not (
            Service.objects.exclude(pk=self.service_id).filter(pk=self.successor_id).exists()
        ):
            faults.append("The successor must be another existing service.")
        if not Organization.objects.filter(pk=self.organization_id).exists():
            faults.append("There is no such organization.")
        return faults

    def apply(self, *, by: User, at: datetime) -> None:
        """Give the service the facts of this revision."""
        # Channels of the service lock its row before they are approved: their hours were checked with the time zone there.
        Service.objects.select_for_update(of=("self",)).get(pk=self.service_id)
        Service.objects.apply(self)


def _ordered(facts: Mapping[str, Any]) -> dict[str, Any]:
    has_age = facts["min_age"] is not None or facts["max_age"] is not None
    found = {**facts, "age_measured": facts["age_measured"] if has_age else ""}
    for name, order in _ORDER.items():
        # Unknown values, which `service_faults` refuses, go behind the known ones.
        found[name] = [value for value in order if value in facts[name]] + sorted({*facts[name]} - {*order})
    return found
