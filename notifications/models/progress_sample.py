"""Samples of a campaign's counts over time: how fast it went, and when it stood still."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, models, transaction

from core.querysets import manager_of
from notifications.models.campaign import Campaign


class ProgressSampleQuerySet(models.QuerySet["ProgressSample"]):
    """Find samples."""

    def latest_of(self, campaign: Campaign) -> ProgressSample | None:
        """Return the newest sample of a campaign."""
        return self.filter(campaign=campaign).order_by("-at").first()

    def add(self, campaign: Campaign, **values: Any) -> None:
        """Add a sample, unless another transaction holds the campaign's row: the clock of all campaigns must not wait for it."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM notifications_campaign WHERE id = %s FOR KEY SHARE SKIP LOCKED", [campaign.pk])
            if cursor.fetchone() is not None:
                self.create(campaign=campaign, **values)

    def latest_and_before(self, campaign: Campaign, instant: datetime) -> tuple[ProgressSample | None, ProgressSample | None]:
        """Return the newest sample of a campaign, and the newest that is not later than the instant, in one query."""
        newest = self.filter(campaign=campaign).order_by("-at")
        found = {sample.at: sample for sample in newest[:1].union(newest.filter(at__lte=instant)[:1])}
        earlier = [at for at in found if at <= instant]
        return (found[max(found)] if found else None), (found[max(earlier)] if earlier else None)


class ProgressSample(models.Model):
    """The counts of one campaign at one instant, written only where they or the note differ from the sample before."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    #: Since when `processed` has had this value.
    moved_at = models.DateTimeField()
    processed = models.PositiveIntegerField(help_text="Installations and topics with an outcome.")
    pending = models.PositiveIntegerField()
    note = models.CharField(max_length=300, blank=True, help_text="What the campaign waited for, or what slowed it down.")

    objects: ClassVar[ProgressSampleQuerySet] = manager_of(ProgressSampleQuerySet)

    class Meta:
        indexes = (models.Index(fields=["campaign", "at"], name="progresssample_campaign"),)

    def __str__(self) -> str:
        return f"{self.campaign_id} at {self.at:%H:%M:%S}: {self.processed}"
