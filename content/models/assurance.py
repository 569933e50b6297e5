"""Checks of channels: who checked one, how and when, and until when the check is valid."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from content.models.rights import own_country


class Method(models.TextChoices):
    """How a channel was checked."""

    #: The organization's own page was read online.
    READ = "read"
    #: The link was opened and works.
    OPENED = "opened"
    #: The number was called or texted.
    RUNG = "rung"
    #: The organization confirmed it.
    CONFIRMED = "confirmed"


class Assurance(models.Model):
    """One check of one revision of a channel; it does not cover later revisions."""

    revision = models.ForeignKey("content.ChannelRevision", on_delete=models.PROTECT, related_name="assurances")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    method = models.CharField(max_length=9, choices=Method.choices)
    until = models.DateField()
    note = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="What was seen or heard; never shown to readers."
    )

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(method__in=Method.values), name="assurance_method"),
            models.CheckConstraint(condition=Q(until__gte=models.F("at__date")), name="assurance_until_after_at"),
        )
        triggers = (
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            own_country(
                column="by_id",
                service="(SELECT service_id FROM content_channelrevision WHERE id = NEW.revision_id)",
                when="TG_OP = 'INSERT'",
            ),
        )

    def __str__(self) -> str:
        return f"{self.revision}: {self.method} until {self.until}"
