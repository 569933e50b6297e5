"""Replies of organizations about their own channels, given through a correction link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from content.linting.channel import channel_faults
from content.models.channel import Channel
from content.models.channel_revision import ChannelRevision
from content.models.correction_link import CorrectionLink
from content.terms import Cost
from core.errors import Invalid
from core.querysets import manager_of


class ReplyAnswer(models.TextChoices):
    """What an organization can answer about one of its channels."""

    #: The channel is correct as shown.
    CONFIRM = "confirm"
    #: Other values are correct.
    CORRECT = "correct"
    #: The channel no longer exists.
    REMOVE = "remove"


#: The facts that an organization can correct.
CORRECTABLE = ("dial", "address", "hours", "cost")


#: How long a reply is kept after staff have dealt with it: longer than any check that it confirmed is valid.
KEPT_FOR = timedelta(days=730)
#: Anyone who has a link can answer in the organization's name, and the person who created it has it.
_ACCEPTED_BY_ANOTHER = """
    IF NEW.taken AND NOT coalesce(OLD.taken, FALSE)
        AND EXISTS (SELECT 1 FROM content_correctionlink l WHERE l.id = NEW.link_id AND l.made_by_id = NEW.dealt_by_id) THEN
        RAISE EXCEPTION 'the person who created a link does not accept its replies' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class ReplyQuerySet(models.QuerySet["Reply"]):
    """Record and find replies."""

    def waiting(self) -> ReplyQuerySet:
        """Filter those that staff have neither accepted nor dismissed."""
        return self.filter(dealt_at=None)

    def forget_old(self, *, at: datetime) -> None:
        """Delete those that staff dealt with KEPT_FOR ago; the audit log keeps what they decided."""
        self.filter(dealt_at__lte=at - KEPT_FOR).delete()

    def record(self, link: CorrectionLink, *, revision: int, answer: str, values: Mapping[str, str], at: datetime) -> Reply:
        """Record what the organization answered about one of its channels, in place of an earlier answer that is still waiting.

        Raises Invalid for another organization's channel, for one that has changed since it was shown, and for values that no
        channel can have.
        """
        own = Channel.objects.select_related("service").filter(service__organization=link.organization_id)
        channel = own.filter(revision=revision).first()
        if channel is None:
            raise Invalid("This entry has changed since this page was shown. Please check it again.", code="stale")
        if answer not in ReplyAnswer.values:
            raise Invalid("Say whether the details are correct.", code="answer")
        shown = channel.facts()
        given = {name: values.get(name, "").strip() for name in CORRECTABLE} if answer == ReplyAnswer.CORRECT else {}
        given = {name: value for name, value in given.items() if value and value != shown[name]}
        if answer == ReplyAnswer.CORRECT:
            if not given:
                raise Invalid("Enter the correct details.", code="values")
            if given.get("cost", Cost.UNKNOWN) not in Cost.values:
                raise Invalid("Choose one of the listed costs.", code="cost")
            # Hours need a time zone. Staff enter the zone before they propose the change; the organization cannot.
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
    """One answer about one revision of a channel. Nothing changes until staff accept it, and two people approve any change."""

    link = models.ForeignKey(CorrectionLink, on_delete=models.PROTECT, related_name="replies")
    revision = models.ForeignKey(ChannelRevision, on_delete=models.PROTECT, related_name="replies")
    answer = models.CharField(max_length=7, choices=ReplyAnswer.choices)
    dial = models.CharField(max_length=40, blank=True, default="")
    address = models.CharField(max_length=500, blank=True, default="")
    hours = models.CharField(max_length=200, blank=True, default="")
    cost = models.CharField(max_length=8, choices=Cost.choices, blank=True, default="")
    at = models.DateTimeField()
    taken = models.BooleanField(null=True, blank=True, help_text="Whether staff accepted it; unset: waiting.")
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
            pgtrigger.Trigger(
                name="accepted_by_another", when=pgtrigger.Before, operation=pgtrigger.Update, func=_ACCEPTED_BY_ANOTHER
            ),
        )

    def __str__(self) -> str:
        return f"{self.link_id} says of {self.revision_id}: {self.answer}"

    def facts(self) -> dict[str, object]:
        """Return the channel's facts with the values that the organization corrected."""
        given = {name: getattr(self, name) for name in CORRECTABLE if getattr(self, name)}
        return self.revision.facts() | given
