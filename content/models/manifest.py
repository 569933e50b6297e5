"""Signed manifests: workers sign them, and web processes serve the newest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q, Value

from content.models.release import Release
from core.errors import Unavailable
from core.querysets import manager_of


class NotSigned(Unavailable):
    """The manifest has not been signed yet. Packs can be read without it."""


class ManifestQuerySet(models.QuerySet["Manifest"]):
    """Find manifests."""

    def newest(self) -> Manifest:
        """Return the manifest that was signed last, or raise NotSigned."""
        manifest = self.order_by("-pk").first()
        if manifest is None:
            raise NotSigned()
        return manifest

    def delete_old(self, *, at: datetime) -> int:
        """Delete manifests that expired over a week ago, except the newest, and return how many they were."""
        newest = self.order_by("-pk").values("pk")[:1]
        deleted, _ = self.filter(expires_at__lt=at - timedelta(days=7)).exclude(pk__in=newest).delete()
        return deleted


class Manifest(models.Model):
    """One compact JWS over the packs of a release and the withdrawn services, one a country, and one a pack; never changed."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="manifests")
    content_digest = models.CharField(
        max_length=64, help_text="Of the payload without dates; when it changes, the manifest is due."
    )
    body = models.TextField()
    country_bodies = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        help_text="Country → compact JWS over its packs alone, signed together with the whole.",
    )
    locale_bodies = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        help_text="Country → locale → compact JWS over that pack alone, signed together with the whole.",
    )
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects: ClassVar[ManifestQuerySet] = manager_of(ManifestQuerySet)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(content_digest__regex="^[0-9a-f]{64}$"), name="manifest_digest"),
            models.CheckConstraint(
                condition=Q(body__regex=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$"), name="manifest_is_signed"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="manifest_dates_in_order"),
        )
        triggers = (pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"Manifest of release {self.release_id}, {self.issued_at:%Y-%m-%d %H:%M}"
