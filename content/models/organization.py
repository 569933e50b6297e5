"""The organizations that run services. OrganizationRevision alone changes their names and contacts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from content.linting.service import name_faults
from core.querysets import manager_of

if TYPE_CHECKING:
    from content.models.organization_revision import OrganizationRevision

#: A new organization needs no revision, because readers see its name only with a service: the person who approves the service
#: reads the name with it. From then on no statement changes the name, or sets a contact, but by an approved revision.
_ONLY_APPROVED = """
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an organization is kept' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.revision_id IS NOT NULL OR NEW.contact <> '' THEN
            RAISE EXCEPTION 'an organization begins without an approved revision and without a contact'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.name, OLD.contact, OLD.revision_id) IS NOT DISTINCT FROM (NEW.id, NEW.name, NEW.contact, NEW.revision_id) THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM content_organizationrevision r
        WHERE r.id = NEW.revision_id AND r.state = 'approved' AND r.organization_id = NEW.id AND r.organization_id = OLD.id
        AND r.name = NEW.name AND r.contact = NEW.contact;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'name and contact of an organization change only by an approved revision that says so'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM content_organizationrevision r
        WHERE r.organization_id = NEW.id AND r.state = 'approved' AND r.id > NEW.revision_id;
    IF FOUND OR NEW.revision_id < OLD.revision_id THEN
        RAISE EXCEPTION 'an approved revision takes effect once; a newer one was approved'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


#: RFC 5321, section 4.5.3.1.3: a path has 256 octets with its two brackets.
MAX_CONTACT = 254
#: One mailbox and nothing that could make it two, or end the header of a mail.
_MAILBOX = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"


def valid_contact() -> Q:
    """Return the condition that a contact is empty or one mailbox."""
    return Q(contact="") | Q(contact__regex=_MAILBOX)


def contact_faults(contact: str) -> list[str]:
    """Return one sentence for each rule that the contact breaks; an empty one is none on file."""
    if not contact or (len(contact) <= MAX_CONTACT and re.fullmatch(_MAILBOX, contact)):
        return []
    return ["Contact for corrections: enter one email address of the organization, such as listings@example.org."]


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Apply approved revisions."""

    def apply(self, revision: OrganizationRevision) -> None:
        """Give the organization the facts of the approved revision, in the transaction that approves it."""
        self.filter(pk=revision.organization_id).update(name=revision.name, contact=revision.contact, revision=revision)


class Organization(models.Model):
    """An HSDS organization, under its official name. Its contact on file gets the correction links, and no reader sees it."""

    id = models.SlugField(max_length=120, primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    contact = models.CharField(max_length=MAX_CONTACT, blank=True, default="", db_default="")
    revision = models.OneToOneField(
        "content.OrganizationRevision",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="The newest approved one; unset: the organization has the name that it was added with.",
    )

    objects: ClassVar[OrganizationQuerySet] = manager_of(OrganizationQuerySet)

    class Meta:
        ordering = ("name",)
        constraints = (models.CheckConstraint(condition=valid_contact(), name="organization_contact"),)
        triggers = (
            pgtrigger.Trigger(
                name="only_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_ONLY_APPROVED,
            ),
        )

    def __str__(self) -> str:
        return self.name

    def facts(self) -> dict[str, str]:
        """Return what a revision changes."""
        return {"name": self.name, "contact": self.contact}

    def name_faults(self, name: str) -> list[str]:
        """Return one sentence for each rule that the name would break as the name of this organization."""
        faults = name_faults(name)
        if not faults and Organization.objects.exclude(pk=self.pk).filter(name=name).exists():
            faults.append("Another organization has this name.")
        return faults
