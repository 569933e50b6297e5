"""Proposed changes of channels; each takes effect when a second person approves it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models, transaction
from django.db.models import Q

from content.linting.channel import channel_faults
from content.models.channel import Channel
from content.models.channel_facts import FACTS, ChannelFacts
from content.models.revision import (
    APPROVED_NOW,
    Revision,
    RevisionQuerySet,
    RevisionState,
    four_eyes,
    revision_lifecycle,
    revision_triggers,
)
from content.models.rights import own_country, require_service_country
from content.models.service import Service
from core import roles
from core.audit_verbs import Verb
from core.errors import Invalid
from core.models import User
from core.querysets import manager_of


class Act(models.TextChoices):
    """What a revision does to its channel when it is approved."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


LIFECYCLE = revision_lifecycle(
    "content.ChannelRevision",
    approved=(Verb.CHANNEL_CHANGE_APPROVED, "a second person approves it, and it takes effect"),
    withdrawn=(
        Verb.CHANNEL_CHANGE_WITHDRAWN,
        "the proposer withdraws it, a second person rejects it, or a newer file replaces it",
    ),
)


class ChannelRevisionQuerySet(RevisionQuerySet["ChannelRevision"]):
    """Find and propose revisions."""

    def propose(
        self,
        *,
        service_id: str,
        position: int | None,
        act: Act,
        by: User,
        at: datetime,
        facts: dict[str, object],
        reason: str = "",
    ) -> ChannelRevision:
        """Propose to add (position None), change or remove a channel.

        Raises Invalid with `faults` where the facts break a rule, and AlreadyProposed where another revision is waiting.
        """
        roles.require(by, "content.propose_channelrevision")
        with transaction.atomic():
            # The lock lets one proposal for the service through at a time, so that no two get the same position.
            service = Service.objects.select_for_update().get(pk=service_id)
            require_service_country(by, service)
            if position is None:
                taken = self.filter(service_id=service_id).aggregate(last=models.Max("position"))["last"]
                position = (taken or 0) + 1
            revision = self.model(
                service=service, position=position, act=act, reason=reason, proposed_by=by, proposed_at=at, **facts
            )
            if faults := channel_faults(revision):
                raise Invalid(" ".join(faults), code="channel", faults=faults)
            verb = Verb.CHANNEL_CHANGE_PROPOSED
            return self.insert(revision, verb=verb, service=service_id, position=position, act=str(act))


class ChannelRevision(Revision, ChannelFacts):
    """All facts of a channel as they will be, with who proposed and who approved them."""

    act = models.CharField(max_length=6, choices=Act.choices)

    approve_permission: ClassVar[str] = "content.approve_channelrevision"
    subject: ClassVar[str] = "a number or address"
    objects: ClassVar[ChannelRevisionQuerySet] = manager_of(ChannelRevisionQuerySet)

    class Meta(ChannelFacts.Meta):
        ordering = ("-id",)
        permissions = (
            ("propose_channelrevision", "Can propose a number or address"),
            ("approve_channelrevision", "Can approve a number or address that another person proposed"),
        )
        constraints = (
            *ChannelFacts.Meta.constraints,
            models.CheckConstraint(condition=Q(act__in=Act.values), name="channelrevision_act"),
            four_eyes(),
            models.UniqueConstraint(
                fields=("service", "position"), condition=Q(state=RevisionState.PROPOSED), name="channelrevision_one_proposal"
            ),
        )
        triggers = (
            *revision_triggers(LIFECYCLE, ["service", "position", "act", "reason", "proposed_by", "proposed_at", *FACTS]),
            own_country(column="approved_by_id", service="NEW.service_id", when=APPROVED_NOW),
        )

    def __str__(self) -> str:
        return f"{self.service_id} {self.position}: {self.act}"

    def require_area(self, by: User) -> None:
        """Raise NotYourCountry where readers of another country get the service."""
        require_service_country(by, self.service)

    def of_the_same_row(self) -> models.QuerySet[ChannelRevision]:
        """Return all revisions of the channel."""
        return ChannelRevision.objects.filter(service_id=self.service_id, position=self.position)

    def faults(self) -> list[str]:
        """Return one sentence for each rule that the facts break."""
        return [] if self.act == Act.REMOVE else channel_faults(self)

    def apply(self, *, by: User, at: datetime) -> None:
        """Give the channel the facts of this revision."""
        Channel.objects.apply(self)
