"""The messages of a campaign, as approved: written once at submission and never changed."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from content.terms import Recipient
from core.canonical import digest
from notifications.models.campaign import Campaign
from notifications.models.segment import ANY_PLATFORM, Platform


class Message(models.Model):
    """One message of a campaign, for one locale × audience × region × platform; address and time to live are put in at send time.

    A message without a platform is for topics and serves all platforms. One without a region serves every region that has no
    text of its own.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="messages")
    locale = models.CharField(max_length=35, help_text="Of the text.")
    fallback = models.BooleanField(help_text="For installations whose own language has no text here.")
    audience = models.CharField(max_length=10, choices=Recipient.choices)
    region = models.CharField(max_length=6, blank=True, default="", db_default="")
    platform = models.CharField(max_length=7, choices=Platform.choices, blank=True)
    #: JSON of FCM's message resource, without address and TTL.
    body = models.TextField()

    class Meta:
        ordering = ("campaign", "locale", "fallback", "audience", "region", "platform")
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "locale", "fallback", "audience", "region", "platform"], name="message_once_in_region"
            ),
            models.CheckConstraint(condition=Q(platform__in=[*Platform.values, ANY_PLATFORM]), name="message_platform"),
            models.CheckConstraint(condition=Q(audience__in=Recipient.values), name="message_audience"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="immutable",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("owner", "bigint")],
                func="""
                    owner := CASE TG_OP WHEN 'DELETE' THEN OLD.campaign_id ELSE NEW.campaign_id END;
                    IF TG_OP = 'UPDATE' OR EXISTS
                        (SELECT 1 FROM notifications_campaign WHERE id = owner AND state <> 'draft') THEN
                        RAISE EXCEPTION 'a message is written with its submission and never changed'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.key}"

    @property
    def key(self) -> str:
        """Return the message's key, unique within its campaign."""
        return key_of(
            locale=self.locale, fallback=self.fallback, audience=self.audience, region=self.region, platform=self.platform
        )

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the bytes."""
        return digest(self.body.encode())


def key_of(*, locale: str, fallback: bool, audience: str, region: str, platform: str) -> str:
    """Return a message's key, such as `cy/parent/ios`; a * marks a message to readers of other languages than its text.

    A message without a region has the key that it had before there were regions: approved fingerprints hold these keys.
    """
    readers = f"{audience}+{region}" if region else audience
    return f"{locale}{'*' if fallback else ''}/{readers}/{platform or 'topic'}"
