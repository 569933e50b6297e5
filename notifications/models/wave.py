"""Waves: the parts of a campaign that are sent from one instant on, through one Firebase project."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from notifications.models.campaign import Campaign


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
    #: Tickets of the canary, and the segment of each; emptied in the same way.
    canary = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    canary_segments = ArrayField(models.IntegerField(), default=list, db_default=[])
    devices = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("campaign", "due_at", "project")
        constraints = (
            models.UniqueConstraint(fields=["campaign", "project", "due_at", "by_topic"], nulls_distinct=False, name="wave_once"),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.project} {self.due_at or 'skipped'}"
