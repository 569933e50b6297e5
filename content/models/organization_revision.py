"""Proposed names and contacts of organizations; each takes effect when a second person approves it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from content.models.organization import MAX_CONTACT, Organization, contact_faults, valid_contact
from content.models.revision import (
    Revision,
    RevisionQuerySet,
    RevisionState,
    four_eyes,
    require_changed,
    revision_lifecycle,
    revision_triggers,
)
from content.models.rights import organization_area, require_country
from core import roles
from core.audit_verbs import Verb
from core.errors import Invalid
from core.models import User
from core.querysets import manager_of

LIFECYCLE = revision_lifecycle(
    "content.OrganizationRevision",
    approved=(Verb.ORGANIZATION_CHANGE_APPROVED, "a second person approves it; readers get it with the next release"),
    withdrawn=(Verb.ORGANIZATION_CHANGE_WITHDRAWN, "the proposer withdraws it, or a second person rejects it"),
)


class OrganizationRevisionQuerySet(RevisionQuerySet["OrganizationRevision"]):
    """Find and propose revisions."""

    def propose(
        self, *, organization: Organization, name: str, by: User, at: datetime, contact: str | None = None, reason: str = ""
    ) -> OrganizationRevision:
        """Propose another name, or another contact for corrections (None keeps it, "" removes it).

        Raises Invalid where a fact breaks a rule, and AlreadyProposed where another proposal is waiting.
        """
        roles.require(by, "content.propose_channelrevision")
        revision = self.model(
            organization=organization,
            name=name.strip(),
            contact=organization.contact if contact is None else contact.strip(),
            reason=reason,
            proposed_by=by,
            proposed_at=at,
        )
        revision.require_area(by)
        if faults := revision.faults():
            raise Invalid(" ".join(faults), code="facts", faults=faults)
        require_changed(revision.facts(), organization.facts())
        return self.insert(
            revision,
            verb=Verb.ORGANIZATION_CHANGE_PROPOSED,
            organization=organization.pk,
            name=revision.name,
            # Not the mailbox itself: the audit log is kept for ever.
            contact_changed=revision.contact != organization.contact,
        )


class OrganizationRevision(Revision):
    """The name and the contact of an organization as they will be, with who proposed and who approved them."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="revisions")
    name = models.CharField(max_length=200)
    contact = models.CharField(max_length=MAX_CONTACT, blank=True, default="", db_default="")

    approve_permission: ClassVar[str] = "content.approve_channelrevision"
    subject: ClassVar[str] = "the name or contact of an organization"

    objects: ClassVar[OrganizationRevisionQuerySet] = manager_of(OrganizationRevisionQuerySet)

    class Meta:
        ordering = ("-id",)
        constraints = (
            four_eyes(),
            models.CheckConstraint(condition=valid_contact(), name="organizationrevision_contact"),
            models.UniqueConstraint(
                fields=("organization",), condition=Q(state=RevisionState.PROPOSED), name="organizationrevision_one_proposal"
            ),
        )
        triggers = revision_triggers(LIFECYCLE, ["organization", "name", "contact", "reason", "proposed_by", "proposed_at"])

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.name}"

    def require_area(self, by: User) -> None:
        """Raise NotYourCountry where readers of another country get a service of the organization."""
        require_country(by, organization_area(self.organization_id))

    def of_the_same_row(self) -> models.QuerySet[OrganizationRevision]:
        """Return all revisions of the organization."""
        return OrganizationRevision.objects.filter(organization_id=self.organization_id)

    def facts(self) -> dict[str, str]:
        """Return the facts as they will be."""
        return {"name": self.name, "contact": self.contact}

    def faults(self) -> list[str]:
        """Return one sentence for each rule that the facts break."""
        return self.organization.name_faults(self.name) + contact_faults(self.contact)

    def apply(self, *, by: User, at: datetime) -> None:
        """Give the organization the facts of this revision."""
        Organization.objects.apply(self)
