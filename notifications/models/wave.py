"""Waves: the parts of a campaign that are sent from one instant on, through one Firebase project."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.querysets import manager_of
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import CampaignState

#: How long before a wave is due the help of its readers is checked.
HELP_CHECKED_AHEAD = timedelta(minutes=5)


class WaveQuerySet(models.QuerySet["Wave"]):
    """Find waves."""

    def help_to_check(self, *, at: datetime) -> WaveQuerySet:
        """Return the waves that begin soon, and wait for a check of the help of their readers."""
        return self.filter(
            campaign__state=CampaignState.SENDING,
            campaign__finished_at=None,
            help_checked_at=None,
            due_at__lte=at + HELP_CHECKED_AHEAD,
        )

    def unfinished(self) -> WaveQuerySet:
        """Return the waves of which some registrations or topics have no outcome yet."""
        return self.filter(batches__state__in=("open", "claimed")).distinct()


class Wave(models.Model):
    """The segments that are due together. Without `due_at` their quiet hours outlast the campaign, and they are skipped."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="waves")
    project = models.CharField(max_length=60)
    due_at = models.DateTimeField(null=True)
    by_topic = models.BooleanField(
        default=False, db_default=False, help_text="Its segments are topics, and its batches hold no registrations."
    )
    zones = ArrayField(models.CharField(max_length=40), default=list)
    #: Ids of the segments, or topics; emptied when the batches are folded.
    segments = ArrayField(models.IntegerField(), default=list)
    #: Tickets of the canary and then of the second group, and the segment of each; emptied in the same way.
    canary = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    canary_segments = ArrayField(models.IntegerField(), default=list, db_default=[])
    second_since = models.DateTimeField(null=True, help_text="Since when the second group decides, because the first one failed.")
    first_failure = models.CharField(max_length=500, default="", db_default="", help_text="Why the first canary failed.")
    devices = models.PositiveIntegerField(default=0)
    help_checked_at = models.DateTimeField(
        null=True, help_text="When its readers were found to have help. Nothing is sent before that."
    )
    holder_ended_at = models.DateTimeField(
        null=True, help_text="When a process was last found to have ended that held a batch of it."
    )

    objects: ClassVar[WaveQuerySet] = manager_of(WaveQuerySet)

    class Meta:
        ordering = ("campaign", "due_at", "project")
        constraints = (
            models.UniqueConstraint(fields=["campaign", "project", "due_at", "by_topic"], nulls_distinct=False, name="wave_once"),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.project} {self.due_at or 'skipped'}"
