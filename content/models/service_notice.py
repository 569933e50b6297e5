"""Short-term notices: a service is closed or differs from its entry for a limited time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from content.linting.notice import MAX_DAYS_AHEAD, MAX_DAYS_BACK, notice_faults
from content.models.channel import Channel
from content.models.rights import require_service_country
from content.models.service import Service
from content.models.service_facts import Status
from content.models.withdrawal import Withdrawal
from content.terms import NoticeKind
from core import audit, roles, states
from core.audit_verbs import Verb
from core.errors import Conflict, Invalid
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle

#: Those who check channels also propose and end notices.
PROPOSE = "content.assure_channel"
APPROVE = "content.approve_channelrevision"


class NoticeProposed(Conflict):
    """The same notice of this service is already waiting for a second person. Approve or withdraw that one first."""

    code = "already-proposed"


class NoticeState(models.TextChoices):
    """The states of a notice. That its time is over is computed, never stored."""

    #: Waiting for a second person.
    PROPOSED = "proposed"
    #: In the packs; apps show it from `from_at` to `until_at`.
    APPROVED = "approved"
    #: Ended before its time; final.
    ENDED = "ended"
    #: Withdrawn by the proposer or rejected; final.
    WITHDRAWN = "withdrawn"


LIFECYCLE = Lifecycle(
    model="content.ServiceNotice",
    states=NoticeState,
    initial=NoticeState.PROPOSED,
    edges=[
        Edge(NoticeState.PROPOSED, NoticeState.APPROVED, Verb.NOTICE_APPROVED, "a second person approves it, and readers get it"),
        Edge(
            NoticeState.PROPOSED,
            NoticeState.WITHDRAWN,
            Verb.NOTICE_WITHDRAWN,
            "the proposer withdraws it, or a second person rejects it",
        ),
        Edge(NoticeState.APPROVED, NoticeState.ENDED, Verb.NOTICE_ENDED, "one person ends it before its time"),
    ],
)
_APPROVED_ONCE = (NoticeState.APPROVED, NoticeState.ENDED)


class ServiceNoticeQuerySet(models.QuerySet["ServiceNotice"]):
    """Find and propose notices."""

    def proposed(self) -> ServiceNoticeQuerySet:
        """Filter those that are waiting for a second person."""
        return self.filter(state=NoticeState.PROPOSED)

    def approved(self) -> ServiceNoticeQuerySet:
        """Filter those that were approved and not ended, whatever their times."""
        return self.filter(state=NoticeState.APPROVED)

    def current(self, *, at: datetime) -> ServiceNoticeQuerySet:
        """Filter those that are approved and not over at the instant, the first to end first."""
        return self.approved().filter(until_at__gt=at).select_related("service__country").order_by("until_at", "pk")

    def propose(
        self,
        *,
        service_id: str,
        kind: str,
        from_at: datetime,
        until_at: datetime,
        source: str,
        by: User,
        at: datetime,
        position: int | None = None,
    ) -> ServiceNotice:
        """Propose a notice; its times are truncated to whole minutes.

        Raises Invalid with `faults` where it breaks a rule of `content.linting.notice`, and NoticeProposed where the same notice
        is waiting.
        """
        roles.require(by, PROPOSE)
        with transaction.atomic():
            # The lock lets one proposal for the service through at a time, so that no two are the same.
            service = Service.objects.select_for_update().get(pk=service_id)
            require_service_country(by, service)
            notice = self.model(
                service=service,
                kind=kind,
                position=position,
                from_at=from_at.replace(second=0, microsecond=0),
                until_at=until_at.replace(second=0, microsecond=0),
                source=source,
                proposed_by=by,
                proposed_at=at,
            )
            notice.check_rules(at=at)
            if self.proposed().filter(service=service, kind=kind, position=position).exists():
                raise NoticeProposed()
            notice.save(force_insert=True)
            audit.record(by=by, verb=Verb.NOTICE_PROPOSED, row=notice, at=at, service=service_id, kind=kind, position=position)
        return notice


class ServiceNotice(models.Model):
    """How a service differs from its entry, from when until when, who proposed and who approved the notice."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=13, choices=NoticeKind.choices)
    position = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Position of the channel that does not work.")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    source = models.CharField(max_length=500, help_text="Where it was read; never shown to readers.")
    state = models.CharField(max_length=9, choices=NoticeState.choices, default=NoticeState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ServiceNoticeQuerySet] = manager_of(ServiceNoticeQuerySet)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="servicenotice_kind"),
            models.CheckConstraint(
                condition=Q(kind=NoticeKind.CHANNEL_DOWN, position__isnull=False)
                | (~Q(kind=NoticeKind.CHANNEL_DOWN) & Q(position=None)),
                name="servicenotice_channel",
            ),
            models.CheckConstraint(
                condition=Q(
                    until_at__gt=F("from_at"),
                    until_at__lte=F("proposed_at") + timedelta(days=MAX_DAYS_AHEAD),
                    from_at__gte=F("proposed_at") - timedelta(days=MAX_DAYS_BACK),
                ),
                name="servicenotice_short",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=_APPROVED_ONCE, approved_by__isnull=False, approved_at__isnull=False))
                & ~Q(approved_by=F("proposed_by"))
                | (~Q(state__in=_APPROVED_ONCE) & Q(approved_by=None, approved_at=None)),
                name="servicenotice_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(state=NoticeState.ENDED, ended_by__isnull=False, ended_at__isnull=False)
                | (~Q(state=NoticeState.ENDED) & Q(ended_by=None, ended_at=None)),
                name="servicenotice_ended",
            ),
            models.UniqueConstraint(
                fields=("service", "kind", "position"),
                condition=Q(state=NoticeState.PROPOSED),
                nulls_distinct=False,
                name="servicenotice_one_proposal",
            ),
        )
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.ReadOnly(
                name="values_fixed",
                fields=["service", "kind", "position", "from_at", "until_at", "source", "proposed_by", "proposed_at"],
            ),
            pgtrigger.Protect(
                name="approved_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state=NoticeState.APPROVED)
                & (
                    pgtrigger.Q(new__state=NoticeState.APPROVED)
                    | pgtrigger.Q(old__approved_by__df=pgtrigger.F("new__approved_by"))
                    | pgtrigger.Q(old__approved_at__df=pgtrigger.F("new__approved_at"))
                ),
            ),
            pgtrigger.Protect(
                name="decided_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=[NoticeState.ENDED, NoticeState.WITHDRAWN]),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.service_id}: {self.kind}"

    def withdraw(self, *, by: User, at: datetime) -> None:
        """Withdraw the proposal, as its proposer or as a second person who rejects it."""
        if by.pk != self.proposed_by_id:
            roles.require(by, APPROVE)
            self.require_area(by)
        states.advance(self, NoticeState.WITHDRAWN, by=by, at=at)

    def require_area(self, by: User) -> None:
        """Raise NotYourCountry where readers of another country get the service."""
        require_service_country(by, self.service)

    def check_rules(self, *, at: datetime) -> None:
        """Raise Invalid with `faults` where the notice breaks a rule at the instant."""
        positions = frozenset(Channel.objects.filter(service_id=self.service_id).values_list("position", flat=True))
        withdrawn = Withdrawal.objects.in_force().filter(service_id=self.service_id).exists()
        served = self.service.status == Status.ACTIVE and not withdrawn
        if faults := notice_faults(self, positions=positions, served=served, at=at):
            raise Invalid(" ".join(faults), code="notice", faults=faults)
