"""The organizations that run services. OrganizationRevision alone changes their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models

from content.linting.service import name_faults
from core.querysets import manager_of

if TYPE_CHECKING:
    from content.models.organization_revision import OrganizationRevision

#: A new organization needs no revision, because readers see its name only with a service: the person who approves the service
#: reads the name with it. From then on no statement changes the name but by an approved revision.
_ONLY_APPROVED = """
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an organization is kept' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.revision_id IS NOT NULL THEN
            RAISE EXCEPTION 'an organization begins without an approved revision' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.name, OLD.revision_id) IS NOT DISTINCT FROM (NEW.id, NEW.name, NEW.revision_id) THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM content_organizationrevision r
        WHERE r.id = NEW.revision_id AND r.state = 'approved' AND r.organization_id = NEW.id AND r.organization_id = OLD.id
        AND r.name = NEW.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the name of an organization changes only by an approved revision that says so'
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


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Apply approved revisions."""

    def apply(self, revision: OrganizationRevision) -> None:
        """Give the organization the name of the approved revision, in the transaction that approves it."""
        self.filter(pk=revision.organization_id).update(name=revision.name, revision=revision)


class Organization(models.Model):
    """An HSDS organization, under its official name."""

    id = models.SlugField(max_length=120, primary_key=True)
    name = models.CharField(max_length=200, unique=True)
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

    def name_faults(self, name: str) -> list[str]:
        """Return one sentence for each rule that the name would break as the name of this organization."""
        faults = name_faults(name)
        if not faults and Organization.objects.exclude(pk=self.pk).filter(name=name).exists():
            faults.append("Another organization has this name.")
        return faults
