"""Segments: all that is known of installations besides their address, one row for each combination of values."""

from __future__ import annotations

import re
from typing import ClassVar

from django.db import models
from django.db.models import Q

from content.terms import Recipient
from core.querysets import manager_of
from notifications.models.app import App


class Platform(models.TextChoices):
    """The platform of an installation."""

    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


#: Each platform as a sentence names it, after "on".
PLATFORM_NAMES = {Platform.ANDROID: "Android", Platform.IOS: "iOS", Platform.WEB: "the web"}
#: The platform of a segment that is a topic: FCM sends to every phone subscribed to it, on every platform.
ANY_PLATFORM = ""
#: Prefix of topic names. A different scheme takes a different prefix; phones leave the old topics with their next refresh.
_TOPIC_PREFIX = "fp1"
#: What a segment is unique by.
_PLACE = ("app", "country", "region", "locale", "audience", "zone", "platform")


class SegmentQuerySet(models.QuerySet["Segment"]):
    """Find segments."""

    def topics(self) -> SegmentQuerySet:
        """Return those that are topics; no registration is ever in one."""
        return self.filter(platform=ANY_PLATFORM)

    def of(self, **values: str) -> Segment:
        """Return the segment with exactly these values; creates it if there is none."""
        found = self.filter(**values).first()
        if found is None:
            # One statement, which gives two callers at once the same row: maintenance may delete an empty segment at any time.
            (found,) = self.bulk_create(
                [Segment(**values)], update_conflicts=True, update_fields=["platform"], unique_fields=_PLACE
            )
        return found


class Segment(models.Model):
    """App × country × region × locale × audience × zone × platform; "" where region or zone is not known.

    Without a platform it is a topic, for apps that store no address: phones subscribe themselves, and their number is unknown.
    """

    id = models.AutoField(primary_key=True)
    app = models.ForeignKey(App, on_delete=models.PROTECT, related_name="segments")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=6, blank=True)
    locale = models.CharField(max_length=35)
    audience = models.CharField(max_length=10, choices=Recipient.choices)
    zone = models.CharField(max_length=40, blank=True)
    platform = models.CharField(max_length=7, choices=Platform.choices, blank=True)
    # The column has the name of before there was a list, because code of before may run beside this.
    listed_on = models.DateField(
        null=True, db_column="requested_on", help_text="Of a topic: the last day on which it was in the list of topics."
    )

    objects: ClassVar[SegmentQuerySet] = manager_of(SegmentQuerySet)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=_PLACE, name="segment_once"),
            models.CheckConstraint(condition=Q(audience__in=Recipient.values), name="segment_audience"),
            models.CheckConstraint(condition=Q(platform__in=[*Platform.values, ANY_PLATFORM]), name="segment_platform"),
            models.CheckConstraint(condition=Q(platform=ANY_PLATFORM) ^ Q(listed_on=None), name="segment_topic_was_requested"),
        )

    def __str__(self) -> str:
        parts = (self.app_id, self.country, self.region, self.locale, self.audience, self.zone, self.platform)
        return " ".join(part for part in parts if part)

    @property
    def topic(self) -> str:
        """Return the topic's name, derived from the row alone: unique, and at most 900 characters long."""
        parts = (self.app_id, self.country, self.region, self.locale, self.audience, self.zone)
        return ".".join((_TOPIC_PREFIX, *map(_topic_part, parts)))


def _topic_part(value: str) -> str:
    """Encode one part in letters, digits, - and _; any other byte as ~ and two hexadecimal digits, "" as ~ alone.

    FCM allows % too, but such a name would have to be escaped again in every URL.
    """
    return re.sub(r"[^A-Za-z0-9_-]", lambda found: "".join(f"~{byte:02X}" for byte in found[0].encode()), value) or "~"
