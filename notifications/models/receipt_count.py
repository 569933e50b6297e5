"""Anonymous, sampled counters of what apps report about an alert: one number for each event."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q

from core.errors import Invalid, NotFound
from notifications.models.campaign import Campaign


class ReceiptEvent(models.TextChoices):
    """An event that apps may report."""

    RECEIVED = "received"
    OPENED = "opened"
    HELP_OPENED = "help-opened"


class ReceiptCountManager(models.Manager["ReceiptCount"]):
    """Count."""

    def count(self, *, alert: str | int, event: str, at: datetime) -> None:  # type: ignore[override]
        """Add one; Invalid for an unknown event, NotFound for an alert that is not in the feed at `at`."""
        if event not in ReceiptEvent.values:
            raise Invalid(f"event must be one of {', '.join(ReceiptEvent.values)}.", code="event", field="event")
        if not str(alert).isdecimal() or not Campaign.objects.opened(at=at).filter(pk=int(alert)).exists():
            raise NotFound("There is no such alert.")
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO notifications_receiptcount AS r (campaign_id, event, total) VALUES (%s, %s, 1)
                ON CONFLICT (campaign_id, event) DO UPDATE SET total = r.total + 1
                """,
                [int(alert), event],
            )


class ReceiptCount(models.Model):
    """How often one event was reported for one alert."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="receipts")
    event = models.CharField(max_length=11, choices=ReceiptEvent.choices)
    total = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[ReceiptCountManager] = ReceiptCountManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["campaign", "event"], name="receiptcount_once"),
            models.CheckConstraint(condition=Q(event__in=ReceiptEvent.values), name="receiptcount_event"),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.event} {self.total}"
