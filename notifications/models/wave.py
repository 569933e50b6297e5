"""What of a campaign goes out from one instant on, through one Firebase project."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from notifications.models.campaign import Campaign


class Wave(models.Model):
    """The segments that fall due together. Without `due_at` their quiet hours outlast the campaign: they are skipped."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="waves")
    project = models.CharField(max_length=60)
    due_at = models.DateTimeField(null=True)
    by_topic = models.BooleanField(
        default=False, db_default=False, help_text="Its segments are topics, and its batches hold no registrations."
    )
    zones = ArrayField(models.CharField(max_length=40), default=list)
    #: Whose registrations it holds, or which topics; emptied with the batches at the end.
    segments = ArrayField(models.IntegerField(), default=list)
    #: Tickets of the few who are sent to first; emptied likewise.
    canary = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    devices = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("campaign", "due_at", "project")
        constraints = (
            models.UniqueConstraint(fields=["campaign", "project", "due_at", "by_topic"], nulls_distinct=False, name="wave_once"),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.project} {self.due_at or 'skipped'}"
