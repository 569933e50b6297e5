"""A short-term notice of a service: for a limited time it answers otherwise than usual."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from content.linting.notice import MAX_DAYS_AHEAD, MAX_DAYS_BACK, notice_faults
from content.models.channel import Channel
from content.models.service import Service, Status
from content.models.withdrawal import Withdrawal
from content.terms import NoticeKind
from core import audit, roles, states
from core.audit_verbs import Verb
from core.errors import Conflict, Invalid
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle

#: Who says how a channel is may also say that it is otherwise for a while, and that this is over.
PROPOSE = "content.assure_channel"
APPROVE = "content.approve_channelrevision"


class NoticeProposed(Conflict):
    """The same notice of this service waits for a second person already; approve or withdraw that one first."""

    code = "already-proposed"


class NoticeState(models.TextChoices):
    """A notice's whole life; that it is over is told by the clock, never stored."""

    #: Waits for a second person.
    PROPOSED = "proposed"
    #: Readers get it, from its beginning to its end.
    APPROVED = "approved"
    #: Ended before its time; never changes again.
    ENDED = "ended"
    #: Taken back or turned down.
    WITHDRAWN = "withdrawn"


LIFECYCLE = Lifecycle(
    model="content.ServiceNotice",
    states=NoticeState,
    initial=NoticeState.PROPOSED,
    edges=[
        Edge(NoticeState.PROPOSED, NoticeState.APPROVED, Verb.NOTICE_APPROVED, "a second person approves it and readers get it"),
        Edge(NoticeState.PROPOSED, NoticeState.WITHDRAWN, Verb.NOTICE_WITHDRAWN, "it is taken back or turned down"),
        Edge(NoticeState.APPROVED, NoticeState.ENDED, Verb.NOTICE_ENDED, "one person ends it before its time"),
    ],
)
_APPROVED_ONCE = (NoticeState.APPROVED, NoticeState.ENDED)


class ServiceNoticeQuerySet(models.QuerySet["ServiceNotice"]):
    """Find and make notices."""

    def proposed(self) -> ServiceNoticeQuerySet:
        """Those that wait for a second person."""
        return self.filter(state=NoticeState.PROPOSED)

    def approved(self) -> ServiceNoticeQuerySet:
        """Those that were approved and not ended, whether their time has come, goes on or is over."""
        return self.filter(state=NoticeState.APPROVED)

    def current(self, *, at: datetime) -> ServiceNoticeQuerySet:
        """Those that stand and are not over at the instant, the first to end first."""
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
        """Propose a notice; Invalid where it breaks a rule (content/linting/notice.py). Its times are cut to whole minutes."""
        roles.require(by, PROPOSE)
        with transaction.atomic():
            # One proposal of a service at a time, so that no two say the same.
            service = Service.objects.select_for_update().get(pk=service_id)
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
    """What is otherwise (a closed word), from when until when, where it was read, who proposed and who approved it."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=13, choices=NoticeKind.choices)
    position = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of the channel that does not work.")
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
        """Take the proposal back, or turn it down."""
        if by.pk != self.proposed_by_id:
            roles.require(by, APPROVE)
        states.advance(self, NoticeState.WITHDRAWN, by=by, at=at)

    def check_rules(self, *, at: datetime) -> None:
        """Raise Invalid with `faults` where a rule is broken at the instant."""
        positions = frozenset(Channel.objects.filter(service_id=self.service_id).values_list("position", flat=True))
        withdrawn = Withdrawal.objects.in_force().filter(service_id=self.service_id).exists()
        served = self.service.status == Status.ACTIVE and not withdrawn
        if faults := notice_faults(self, positions=positions, served=served, at=at):
            raise Invalid(" ".join(faults), code="notice", faults=faults)
