"""The link checker's memory: the last result for each URL, and when each host may be requested again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

from content.models.channel_revision import ChannelRevision
from core.querysets import manager_of


class LinkResult(models.TextChoices):
    """The result of requesting a URL."""

    #: There is a page.
    WORKS = "works"
    #: There is a page, on another host.
    MOVED = "moved"
    #: The host answered 404 or 410.
    GONE = "gone"
    #: The host refused, failed, or redirected too often.
    FAILING = "failing"
    #: The host is unknown, does not connect, has no valid certificate, or did not answer in time.
    UNREACHABLE = "unreachable"
    #: The URL leads to an address that is not public; it was not requested.
    BLOCKED = "blocked-address"
    #: robots.txt disallows the URL; it was not requested.
    DISALLOWED = "not-asked"


#: Results that count as no fault of the URL.
NO_FAULT = frozenset({LinkResult.WORKS, LinkResult.MOVED, LinkResult.DISALLOWED})
#: Days until the next request: after a result without fault, and after one with.
_AGAIN, _AGAIN_SOON = 7, 1


class LinkCheckQuerySet(models.QuerySet["LinkCheck"]):
    """Record results."""

    def record(
        self, revision_id: int, *, result: LinkResult, at: datetime, http_status: int | None = None, host: str = ""
    ) -> LinkCheck:
        """Record the result for a revision's URL, and when to request it again."""
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
    """The last result for one approved URL; it raises the channel in the assurance queue and changes nothing that readers get."""

    revision = models.OneToOneField(ChannelRevision, on_delete=models.PROTECT, related_name="link_check")
    result = models.CharField(max_length=15, choices=LinkResult.choices)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    host = models.CharField(max_length=253, blank=True, help_text="Host of the page, after redirects.")
    checked_at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Consecutive failures.")
    failing_since = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[LinkCheckQuerySet] = manager_of(LinkCheckQuerySet)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(result__in=LinkResult.values), name="linkcheck_result"),)

    def __str__(self) -> str:
        return f"{self.revision_id}: {self.result}"

    @property
    def needs_attention(self) -> bool:
        """Whether staff should look: after two failures in a row, or at once where the page is gone or the address not public."""
        return self.failures > 1 or self.result in (LinkResult.GONE, LinkResult.BLOCKED)


class LinkHostQuerySet(models.QuerySet["LinkHost"]):
    """Reserve hosts."""

    def reserve(self, name: str, *, at: datetime, seconds: float) -> bool:
        """Reserve the host for so many seconds; False where another worker has it or it must not be requested yet."""
        self.get_or_create(name=name, defaults={"not_before": at})
        return bool(self.filter(name=name, not_before__lte=at).update(not_before=at + timedelta(seconds=seconds)))


class LinkHost(models.Model):
    """One host: when it may be requested next, and its robots.txt."""

    name = models.CharField(max_length=253, primary_key=True)
    not_before = models.DateTimeField()
    robots = models.TextField(blank=True, default="", help_text="Text of robots.txt; never shown.")
    robots_until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[LinkHostQuerySet] = manager_of(LinkHostQuerySet)

    def __str__(self) -> str:
        return self.name
