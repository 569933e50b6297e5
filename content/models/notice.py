"""A short-term notice of a service (HSDS `alert`): a closed word with two dates, said in every language at once."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from content.models.service import Service
from core import audit, roles
from core.errors import Conflict, Invalid
from core.models import User

#: A notice is short: what lasts longer is a fact of the service.
LONGEST_DAYS = 60


class NoticeKind(models.TextChoices):
    """What is out of the ordinary."""

    CLOSED = "closed-for-now", "Closed for now"
    LONG_WAITS = "long-waits", "Answers take longer than usual"
    FEWER_HOURS = "fewer-hours", "Open for fewer hours than usual"
    ONLINE_ONLY = "online-only", "Reached online only"


class NoticeOverlaps(Conflict):
    """The service has a notice of this kind in these days already."""

    code = "notice"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Find notices."""

    def ahead(self, *, day: date) -> NoticeQuerySet:
        """Those that hold on the day or later."""
        return self.filter(ended_at=None, until__gte=day)

    def give(self, service: Service, *, kind: NoticeKind, since: date, until: date, by: User, at: datetime) -> Notice:
        """Give the service a notice; Invalid for days that are past, in the wrong order or too many."""
        roles.require(by, "content.assure_channel")
        if until < since or until < at.date() or (until - since).days > LONGEST_DAYS:
            raise Invalid(f"A notice ends after it begins, not in the past, and within {LONGEST_DAYS} days.", code="until")
        with transaction.atomic():
            Service.objects.select_for_update().get(pk=service.pk)
            if self.filter(service=service, kind=kind, ended_at=None, since__lte=until, until__gte=since).exists():
                raise NoticeOverlaps()
            notice = self.create(service=service, kind=kind, since=since, until=until, by=by, at=at)
            audit.record(
                by=by,
                verb="give notice",
                row=notice,
                at=at,
                service=service.pk,
                kind=str(kind),
                since=since.isoformat(),
                until=until.isoformat(),
            )
        return notice


class Notice(models.Model):
    """One notice; readers get it with the next release, which a second person publishes."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=14, choices=NoticeKind.choices)
    since = models.DateField()
    until = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[NoticeQuerySet] = NoticeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("since", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind"),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="notice_days_in_order"),
        )

    def __str__(self) -> str:
        return f"{self.service_id}: {self.kind} until {self.until}"

    def end(self, *, by: User, at: datetime) -> None:
        """End it before its day."""
        roles.require(by, "content.assure_channel")
        with transaction.atomic():
            if Notice.objects.filter(pk=self.pk, ended_at=None).update(ended_at=at):
                audit.record(by=by, verb="end notice", row=self, at=at, service=self.service_id, kind=self.kind)
