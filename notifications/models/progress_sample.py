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

    def before(self, campaign: Campaign, instant: datetime) -> ProgressSample | None:
        """Return the newest sample of a campaign that is not later than the instant."""
        return self.filter(campaign=campaign, at__lte=instant).order_by("-at").first()


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
