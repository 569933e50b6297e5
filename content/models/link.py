"""What the link checker remembers: of each address what it found, of each host when it may be asked again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

from content.models.channel_revision import ChannelRevision
from core.querysets import manager_of


class LinkResult(models.TextChoices):
    """What came of asking for an address."""

    #: A page was there.
    WORKS = "works"
    #: A page was there, at another host.
    MOVED = "moved"
    #: The host says that there is no such page.
    GONE = "gone"
    #: The host refuses, or has a fault, or sends from one place to the next.
    FAILING = "failing"
    #: No such host, no connection, no valid certificate, or no answer in time.
    UNREACHABLE = "unreachable"
    #: It leads to a place that is not on the public internet; it was not asked.
    BLOCKED = "blocked-address"
    #: The host's robots.txt asks not to be visited; it was not asked.
    NOT_ASKED = "not-asked"


#: Results that speak for the address, or say nothing of it.
NO_FAULT = frozenset({LinkResult.WORKS, LinkResult.MOVED, LinkResult.NOT_ASKED})
#: Days until an address that worked is asked again, and one that did not.
_AGAIN, _AGAIN_SOON = 7, 1


class LinkCheckQuerySet(models.QuerySet["LinkCheck"]):
    """Remember."""

    def record(
        self, revision_id: int, *, result: LinkResult, at: datetime, http_status: int | None = None, host: str = ""
    ) -> LinkCheck:
        """Write down what was found at the address of a revision, and when to ask again."""
        before = self.filter(revision_id=revision_id).first()
        troubled = result not in NO_FAULT
        failures = min((before.failures if before else 0) + 1, 1000) if troubled else 0
        since = (before.failing_since if before else None) or at
        check, _ = self.update_or_create(
            revision_id=revision_id,
            defaults={
                "result": result,
                "http_status": http_status,
                "host": host,
                "checked_at": at,
                "next_at": at + timedelta(days=_AGAIN_SOON if troubled else _AGAIN),
                "failures": failures,
                "failing_since": since if troubled else None,
            },
        )
        return check


class LinkCheck(models.Model):
    """The last answer of one approved address; it moves the assurance queue and never what readers get."""

    revision = models.OneToOneField(ChannelRevision, on_delete=models.PROTECT, related_name="link_check")
    result = models.CharField(max_length=15, choices=LinkResult.choices)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    host = models.CharField(max_length=253, blank=True, help_text="Where the page was in the end.")
    checked_at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[LinkCheckQuerySet] = manager_of(LinkCheckQuerySet)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(result__in=LinkResult.values), name="linkcheck_result"),)

    def __str__(self) -> str:
        return f"{self.revision_id}: {self.result}"

    @property
    def needs_attention(self) -> bool:
        """Tell whether a person should look: one bad day is no fault, but gone is gone."""
        return self.failures > 1 or self.result in (LinkResult.GONE, LinkResult.BLOCKED)


class LinkHostQuerySet(models.QuerySet["LinkHost"]):
    """Take turns."""

    def reserve(self, name: str, *, at: datetime, seconds: float) -> bool:
        """Take the host for so long; False where another worker has it, or it asked for more time."""
        self.get_or_create(name=name, defaults={"not_before": at})
        return bool(self.filter(name=name, not_before__lte=at).update(not_before=at + timedelta(seconds=seconds)))


class LinkHost(models.Model):
    """One host: not to be asked before an instant, and what its robots.txt said."""

    name = models.CharField(max_length=253, primary_key=True)
    not_before = models.DateTimeField()
    robots = models.TextField(blank=True, default="", help_text="Never shown to anybody.")
    robots_until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[LinkHostQuerySet] = manager_of(LinkHostQuerySet)

    def __str__(self) -> str:
        return self.name
