"""A signed address at which one listed organization sees its own entry, and what it said there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.core import signing
from django.db import models, transaction
from django.db.models import F, Q

from content.linting.channel import channel_faults
from content.models.channel import Channel
from content.models.channel_revision import ChannelRevision
from content.models.organization import Organization
from content.terms import Cost
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import Gone, Invalid, NotFound
from core.models import User
from core.querysets import manager_of

#: Days for which a link is good.
LINK_DAYS = 14
_SALT = "content.correction-link"


class LinkEnded(Gone):
    """This address has run out or was taken back. Please ask the person who sent it for a new one."""

    code = "link-ended"


class CorrectionLinkQuerySet(models.QuerySet["CorrectionLink"]):
    """Make links and open them."""

    def issue(self, organization: Organization, *, by: User, at: datetime) -> CorrectionLink:
        """Make a link for the organization; Forbidden without the assurer's right."""
        roles.require(by, "content.assure_channel")
        with transaction.atomic():
            link = self.create(organization=organization, made_by=by, made_at=at, expires_at=at + timedelta(days=LINK_DAYS))
            audit.record(by=by, verb=Verb.CORRECTION_LINK_CREATED, row=link, at=at, organization=organization.pk)
        return link

    def from_token(self, token: str, *, at: datetime) -> CorrectionLink:
        """Return the link that a token stands for; NotFound for a forged one, LinkEnded for one that has run out."""
        try:
            pk = signing.loads(token, salt=_SALT)
        except signing.BadSignature:
            raise NotFound("There is no such address.") from None
        link = self.select_related("organization").filter(pk=pk).first() if isinstance(pk, int) else None
        if link is None:
            raise NotFound("There is no such address.")
        if not link.is_valid(at=at):
            raise LinkEnded()
        return link


class CorrectionLink(models.Model):
    """Who made it for whom, and until when it is good; the token itself is stored nowhere."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="correction_links")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

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
            pgtrigger.ReadOnly(name="fixed", fields=["organization", "made_by", "made_at", "expires_at"]),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"Link {self.pk} for {self.organization_id}"

    def is_valid(self, *, at: datetime) -> bool:
        """Tell whether it opens anything now."""
        return self.revoked_at is None and at < self.expires_at

    def token(self) -> str:
        """Return what the address ends in."""
        return signing.dumps(self.pk, salt=_SALT)

    def revoke(self, *, by: User, at: datetime) -> None:
        """Let the link open nothing any more."""
        roles.require(by, "content.assure_channel")
        with transaction.atomic():
            if CorrectionLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=at):
                audit.record(by=by, verb=Verb.CORRECTION_LINK_REVOKED, row=self, at=at, organization=self.organization_id)


class ReplyAnswer(models.TextChoices):
    """What an organization says of one of its channels."""

    #: It is right as it is shown.
    CONFIRM = "confirm"
    #: These values are right instead.
    CORRECT = "correct"
    #: It is no longer there.
    REMOVE = "remove"


#: The facts that an organization may say otherwise.
CORRECTABLE = ("dial", "address", "hours", "cost")


class ReplyQuerySet(models.QuerySet["Reply"]):
    """Find replies."""

    def waiting(self) -> ReplyQuerySet:
        """Those that nobody has dealt with."""
        return self.filter(dealt_at=None)

    def record(self, link: CorrectionLink, *, revision: int, answer: str, values: Mapping[str, str], at: datetime) -> Reply:
        """Write down what the organization says of one of its channels; a later answer takes the place of one that waits.

        Invalid for another organization's channel, one that was changed meanwhile, or values that no channel can have.
        """
        own = Channel.objects.select_related("service").filter(service__organization=link.organization_id)
        channel = own.filter(revision=revision).first()
        if channel is None:
            raise Invalid("This entry was changed meanwhile; look at it again.", code="stale")
        if answer not in ReplyAnswer.values:
            raise Invalid("Say whether it is right.", code="answer")
        shown = channel.facts()
        given = {name: values.get(name, "").strip() for name in CORRECTABLE} if answer == ReplyAnswer.CORRECT else {}
        given = {name: value for name, value in given.items() if value and value != shown[name]}
        if answer == ReplyAnswer.CORRECT:
            if not given:
                raise Invalid("Say what is right instead.", code="values")
            if given.get("cost", Cost.UNKNOWN) not in Cost.values:
                raise Invalid("Choose one of the costs.", code="cost")
            # Staff fill in the zone of its hours before they propose them; the organization cannot.
            channel.service.zone = channel.service.zone or "UTC"
            meant = ChannelRevision(service=channel.service, position=channel.position, **(shown | given))
            if faults := channel_faults(meant):
                raise Invalid(" ".join(faults), code="channel")
        reply, _ = self.update_or_create(
            link=link,
            revision_id=revision,
            dealt_at=None,
            defaults={"answer": answer, "at": at, **{name: given.get(name, "") for name in CORRECTABLE}},
        )
        return reply


class Reply(models.Model):
    """One answer about one channel as it was shown; it changes nothing until staff act on it, two for any change."""

    link = models.ForeignKey(CorrectionLink, on_delete=models.PROTECT, related_name="replies")
    revision = models.ForeignKey(ChannelRevision, on_delete=models.PROTECT, related_name="replies")
    answer = models.CharField(max_length=7, choices=ReplyAnswer.choices)
    dial = models.CharField(max_length=40, blank=True, default="")
    address = models.CharField(max_length=500, blank=True, default="")
    hours = models.CharField(max_length=200, blank=True, default="")
    cost = models.CharField(max_length=8, choices=Cost.choices, blank=True, default="")
    at = models.DateTimeField()
    taken = models.BooleanField(null=True, blank=True, help_text="Whether staff acted on it; unset: it waits.")
    dealt_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    dealt_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ReplyQuerySet] = manager_of(ReplyQuerySet)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(answer__in=ReplyAnswer.values), name="reply_answer"),
            models.CheckConstraint(condition=Q(cost="") | Q(cost__in=Cost.values), name="reply_cost"),
            models.CheckConstraint(condition=Q(dial="") | Q(dial__regex=r"^[0-9+*#][0-9+*# ]*$"), name="reply_dial"),
            models.CheckConstraint(condition=Q(address="") | Q(address__regex=r"^[^[:space:]]+$"), name="reply_address"),
            models.CheckConstraint(condition=Q(hours="") | Q(hours__regex=r"^[ -~]+$"), name="reply_hours"),
            models.CheckConstraint(
                condition=Q(answer=ReplyAnswer.CORRECT) | Q(dial="", address="", hours="", cost=""),
                name="reply_values_only_to_correct",
            ),
            models.CheckConstraint(
                condition=Q(taken=None, dealt_by=None, dealt_at=None)
                | Q(taken__isnull=False, dealt_by__isnull=False, dealt_at__isnull=False),
                name="reply_dealt_with",
            ),
            models.UniqueConstraint(fields=("link", "revision"), condition=Q(dealt_at=None), name="reply_one_waiting_of_a_link"),
        )
        triggers = (
            pgtrigger.Protect(name="dealt_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__dealt_at__isnull=False)),
            pgtrigger.ReadOnly(name="values_fixed", fields=["link", "revision"]),
        )

    def __str__(self) -> str:
        return f"{self.link_id} says of {self.revision_id}: {self.answer}"

    def facts(self) -> dict[str, object]:
        """Return the channel's facts with what the organization says instead."""
        given = {name: getattr(self, name) for name in CORRECTABLE if getattr(self, name)}
        return self.revision.facts() | given
