"""Samples of a campaign's counts over time: how fast it went, and when it stood still."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from core.querysets import manager_of
from notifications.models.campaign import Campaign


class ProgressSampleQuerySet(models.QuerySet["ProgressSample"]):
    """Find samples."""

    def latest_of(self, campaign: Campaign) -> ProgressSample | None:
        """Return the newest sample of a campaign."""
        return self.filter(campaign=campaign).order_by("-at").first()

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
