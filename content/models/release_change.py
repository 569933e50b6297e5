"""How a release differs from the one before it, in words: written once, when the release is made."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from content.models.locale import Locale
from content.models.release import Release
from core.models import User
from core.querysets import manager_of


class ChangedKind(models.TextChoices):
    """What an item of a pack is."""

    TIP = "tip"
    SERVICE = "service"
    LABEL = "label"
    FIGURE = "figure"
    #: The rest of a pack: aliases, the order of plans, retired services.
    PACK = "pack"


class ReleaseChange(models.Model):
    """One item that differs in the packs of one locale, in the same way in all of the countries."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=7, choices=ChangedKind.choices)
    item = models.CharField(max_length=120, help_text="Slug or id.")
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+")
    name = models.TextField(blank=True, help_text="Its title or name, as readers of the locale get it.")
    countries = ArrayField(models.CharField(max_length=2))
    old = models.JSONField(null=True, blank=True, help_text="The fields that differ, by name; null: the item is new.")
    new = models.JSONField(null=True, blank=True, help_text="Null: the item goes.")

    class Meta:
        ordering = ("release", "kind", "item", "locale", "pk")
        indexes = (models.Index(fields=("release", "locale", "kind", "item"), name="releasechange_by_locale"),)
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=ChangedKind.values), name="releasechange_kind"),
            models.CheckConstraint(condition=Q(old__isnull=False) | Q(new__isnull=False), name="releasechange_of_something"),
        )
        triggers = (pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"{self.release_id}: {self.kind} {self.item} ({self.locale_id})"


class EffectKind(models.TextChoices):
    """What readers lose by a release, or get back by it after a rollback."""

    PACK = "pack"
    TIP = "tip"
    STEP = "step"
    #: A tip that readers had in their own language.
    TRANSLATION = "translation"
    #: An audience or situation that a tip or service is no longer for.
    READERS = "readers"
    SERVICE = "service"
    CHANNEL = "channel"
    LABEL = "label"
    FIGURE = "figure"
    #: Something as it was in a release that was rolled back.
    RETURNS = "returns"


class ReleaseEffectQuerySet(models.QuerySet["ReleaseEffect"]):
    """Find effects."""

    def unconfirmed(self, by: User) -> ReleaseEffectQuerySet:
        """Filter those that this person has not confirmed."""
        return self.exclude(confirmed_by=by)


class ReleaseEffect(models.Model):
    """One thing that goes or comes back by a release; its publisher confirms each."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="effects")
    kind = models.CharField(max_length=11, choices=EffectKind.choices)
    item = models.CharField(max_length=160)
    name = models.TextField(blank=True)
    places = models.JSONField(help_text="Locale to the countries of its packs.")
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ReleaseEffectQuerySet] = manager_of(ReleaseEffectQuerySet)

    class Meta:
        ordering = ("release", "kind", "item")
        constraints = (
            models.UniqueConstraint(fields=("release", "kind", "item"), name="releaseeffect_once"),
            models.CheckConstraint(condition=Q(kind__in=EffectKind.values), name="releaseeffect_kind"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None) | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="releaseeffect_confirmed_whole",
            ),
        )
        triggers = (pgtrigger.ReadOnly(name="found_once", fields=["release", "kind", "item", "name", "places"]),)

    def __str__(self) -> str:
        return f"{self.release_id}: {self.kind} {self.item}"
