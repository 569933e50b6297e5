"""All that is known of an installation apart from its address, shared by everybody of whom the same is known."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from content.terms import Audience
from notifications.models.app import App


class Platform(models.TextChoices):
    """What the installation runs on."""

    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


class SegmentQuerySet(models.QuerySet["Segment"]):
    """Find segments."""

    def of(self, **values: str) -> Segment:
        """Return the segment with exactly these values, made if it is the first of its kind."""
        found = self.filter(**values).first()
        if found is None:
            # Two first comers at once: the loser reads what the winner wrote.
            self.bulk_create([Segment(**values)], ignore_conflicts=True)
            found = self.get(**values)
        return found


class Segment(models.Model):
    """App × country × region × locale × audience × zone × platform; "" where region or zone is not known."""

    id = models.AutoField(primary_key=True)
    app = models.ForeignKey(App, on_delete=models.PROTECT, related_name="segments")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=6, blank=True)
    locale = models.CharField(max_length=35)
    audience = models.CharField(max_length=10, choices=Audience.choices)
    zone = models.CharField(max_length=40, blank=True)
    platform = models.CharField(max_length=7, choices=Platform.choices)

    objects: ClassVar[SegmentQuerySet] = SegmentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["app", "country", "region", "locale", "audience", "zone", "platform"], name="segment_once"
            ),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="segment_audience"),
            models.CheckConstraint(condition=Q(platform__in=Platform.values), name="segment_platform"),
        )

    def __str__(self) -> str:
        parts = (self.app_id, self.country, self.region, self.locale, self.audience, self.zone, self.platform)
        return " ".join(part for part in parts if part)
