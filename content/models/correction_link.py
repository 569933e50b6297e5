"""Correction links: signed URLs at which a listed organization confirms or corrects its own entry."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from content.models.link_token import link_of_token, link_token
from content.models.organization import Organization
from content.models.rights import organization_area, require_country
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import Gone, NotFound
from core.models import User
from core.querysets import manager_of

#: Days for which a link is valid.
LINK_DAYS = 14
_SALT = "content.correction-link"
#: Anyone who has a link answers in the organization's name, so no member of staff sees one that can be sent to its contact.
_TO_THE_CONTACT = """
    IF NEW.mailed IS DISTINCT FROM (SELECT o.contact <> '' FROM content_organization o WHERE o.id = NEW.organization_id) THEN
        RAISE EXCEPTION 'a link goes to the contact on file where there is one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class LinkEnded(Gone):
    """This link has expired or was withdrawn. Please ask the person who sent it to you for a new one."""

    code = "link-ended"


class CorrectionLinkQuerySet(models.QuerySet["CorrectionLink"]):
    """Create links, and find one by its token."""

    def issue(self, organization: Organization, *, by: User, at: datetime) -> CorrectionLink:
        """Create a link for the organization, valid for LINK_DAYS; `content.assurance.correction_links` sends it."""
        roles.require(by, "content.assure_channel")
        require_country(by, organization_area(organization.pk))
        mailed = organization.contact != ""
        with transaction.atomic():
            link = self.create(
                organization=organization, made_by=by, made_at=at, expires_at=at + timedelta(days=LINK_DAYS), mailed=mailed
            )
            audit.record(by=by, verb=Verb.CORRECTION_LINK_CREATED, row=link, at=at, organization=organization.pk, mailed=mailed)
        return link

    def from_token(self, token: str, *, at: datetime) -> CorrectionLink:
        """Return the link with this token; raise NotFound for a forged token, LinkEnded for a link that is no longer valid."""
        pk = link_of_token(token, salt=_SALT)
        link = self.select_related("organization").filter(pk=pk).first() if pk is not None else None
        if link is None:
            raise NotFound("This link is not valid.")
        if not link.is_valid(at=at):
            raise LinkEnded()
        return link


class CorrectionLink(models.Model):
    """One link: who created it for which organization, and until when it is valid. Its token is not stored."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="correction_links")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    mailed = models.BooleanField(
        default=False, db_default=False, help_text="Whether it went to the contact on file; otherwise its creator passes it on."
    )

    objects: ClassVar[CorrectionLinkQuerySet] = manager_of(CorrectionLinkQuerySet)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at"), expires_at__lte=F("made_at") + timedelta(days=60)),
                name="correctionlink_expires",
            ),
        )
        triggers = (
            pgtrigger.ReadOnly(name="fixed", fields=["organization", "made_by", "made_at", "expires_at", "mailed"]),
            pgtrigger.Trigger(name="to_the_contact", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_TO_THE_CONTACT),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"Link {self.pk} for {self.organization_id}"

    def is_valid(self, *, at: datetime) -> bool:
        """Tell whether the link is neither expired nor withdrawn at the instant."""
        return self.revoked_at is None and at < self.expires_at

    def token(self) -> str:
        """Return the signed token, with which the link's URL ends; it is the same each time."""
        return link_token(self.pk, salt=_SALT, made_at=self.made_at)

    def revoke(self, *, by: User, at: datetime) -> None:
        """Withdraw the link; withdrawing it twice does nothing."""
        roles.require(by, "content.assure_channel")
        require_country(by, organization_area(self.organization_id))
        with transaction.atomic():
            if CorrectionLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=at):
                audit.record(by=by, verb=Verb.CORRECTION_LINK_REVOKED, row=self, at=at, organization=self.organization_id)
