"""Proposed changes of channels; each takes effect when a second person approves it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from content.linting.channel import channel_faults
from content.models.channel import Channel
from content.models.channel_facts import FACTS, ChannelFacts
from content.models.service import Service
from core import audit, roles, states
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Conflict, Invalid, SecondPersonRequired
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle


class AlreadyProposed(Conflict):
    """There is already a proposed change of this channel. Approve or withdraw that one first."""

    code = "already-proposed"


class Act(models.TextChoices):
    """What a revision does to its channel when it is approved."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


class RevisionState(models.TextChoices):
    """The states of a revision."""

    #: Waiting for a second person.
    PROPOSED = "proposed"
    #: In effect, or replaced by a later revision; final.
    APPROVED = "approved"
    #: Withdrawn by the proposer or rejected; final.
    WITHDRAWN = "withdrawn"


LIFECYCLE = Lifecycle(
    model="content.ChannelRevision",
    states=RevisionState,
    initial=RevisionState.PROPOSED,
    edges=[
        Edge(
            RevisionState.PROPOSED,
            RevisionState.APPROVED,
            Verb.CHANNEL_CHANGE_APPROVED,
            "a second person approves it, and it takes effect",
        ),
        Edge(
            RevisionState.PROPOSED,
            RevisionState.WITHDRAWN,
            Verb.CHANNEL_CHANGE_WITHDRAWN,
            "the proposer withdraws it, a second person rejects it, or a newer file replaces it",
        ),
    ],
)


class ChannelRevisionQuerySet(models.QuerySet["ChannelRevision"]):
    """Find and propose revisions."""

    def proposed(self) -> ChannelRevisionQuerySet:
        """Filter those that are waiting for a second person."""
        return self.filter(state=RevisionState.PROPOSED)

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
            if position is None:
                taken = self.filter(service_id=service_id).aggregate(last=models.Max("position"))["last"]
                position = (taken or 0) + 1
            revision = self.model(
                service=service, position=position, act=act, reason=reason, proposed_by=by, proposed_at=at, **facts
            )
            if faults := channel_faults(revision):
                raise Invalid(" ".join(faults), code="channel", faults=faults)
            if self.proposed().filter(service_id=service_id, position=position).exists():
                raise AlreadyProposed()
            revision.save(force_insert=True)
            audit.record(
                by=by, verb=Verb.CHANNEL_CHANGE_PROPOSED, row=revision, at=at, service=service_id, position=position, act=str(act)
            )
        return revision


class ChannelRevision(ChannelFacts):
    """All facts of a channel as they will be, with who proposed and who approved them."""

    act = models.CharField(max_length=6, choices=Act.choices)
    reason = models.CharField(max_length=300, blank=True, default="", db_default="", help_text="Why, for the second person.")
    state = models.CharField(max_length=9, choices=RevisionState.choices, default=RevisionState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

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
            models.CheckConstraint(
                condition=~Q(state=RevisionState.APPROVED)
                | (Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("proposed_by"))),
                name="channelrevision_four_eyes",
            ),
            models.UniqueConstraint(
                fields=("service", "position"), condition=Q(state=RevisionState.PROPOSED), name="channelrevision_one_proposal"
            ),
        )
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.ReadOnly(
                name="values_fixed", fields=["service", "position", "act", "reason", "proposed_by", "proposed_at", *FACTS]
            ),
            pgtrigger.Protect(
                name="approved_fixed", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state=RevisionState.APPROVED)
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.service_id} {self.position}: {self.act}"

    def approve(self, *, by: User, at: datetime) -> None:
        """Approve the revision as a second person, and apply it to the channel at once.

        Raises SecondPersonRequired for the proposer, and ChangedMeanwhile where a newer revision has been approved.
        """
        roles.require_approver(by, "content.approve_channelrevision")
        if by.pk == self.proposed_by_id:
            raise SecondPersonRequired("The person who proposed a number or address cannot approve it; a second person must.")
        with transaction.atomic():
            # The lock lets one approval for the service through at a time, so that the newest approved revision wins.
            Service.objects.select_for_update().get(pk=self.service_id)
            if self._newer().exists():
                raise ChangedMeanwhile("A newer change of this channel has been approved in the meantime; propose yours again.")
            states.advance(self, RevisionState.APPROVED, by=by, at=at, approved_by=by, approved_at=at)
            Channel.objects.apply(self)

    def withdraw(self, *, by: User, at: datetime) -> None:
        """Withdraw the proposal, as its proposer or as a second person who rejects it."""
        if by.pk != self.proposed_by_id:
            roles.require(by, "content.approve_channelrevision")
        states.advance(self, RevisionState.WITHDRAWN, by=by, at=at)

    def _newer(self) -> models.QuerySet[ChannelRevision]:
        return ChannelRevision.objects.filter(
            service_id=self.service_id, position=self.position, state=RevisionState.APPROVED, pk__gt=self.pk
        )
