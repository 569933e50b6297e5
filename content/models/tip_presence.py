"""Who has the texts of a tip open in a locale, so that two people do not write the same text at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from content.models.locale import Locale
from content.models.tip import Tip
from core.models import User
from core.querysets import manager_of

#: How long after the last word from a person's page the person counts as present.
PRESENT = timedelta(minutes=1)


class TipPresenceQuerySet(models.QuerySet["TipPresence"]):
    """Record and find who is present."""

    def note(self, *, person: User, tip: Tip, locale: str, at: datetime) -> None:
        """Record that the person has the tip open now, and forget those who no longer have it open."""
        self.filter(tip=tip, locale_id=locale, seen_at__lte=at - PRESENT).exclude(person=person).delete()
        self.update_or_create(defaults={"seen_at": at}, person=person, tip=tip, locale_id=locale)

    def others(self, *, person: User, tip: Tip, locale: str, at: datetime) -> list[str]:
        """Return the names of the other people who have the tip open, in alphabetical order."""
        found = self.filter(tip=tip, locale_id=locale, seen_at__gt=at - PRESENT).exclude(person=person)
        return list(found.order_by("person__username").values_list("person__username", flat=True))

    def forget_old(self, *, at: datetime) -> None:
        """Delete the rows of everybody who is no longer present."""
        self.filter(seen_at__lte=at - PRESENT).delete()


class TipPresence(models.Model):
    """One person with the texts of one tip open in one locale. Colleagues see the name; no history is kept."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    tip = models.ForeignKey(Tip, on_delete=models.CASCADE, related_name="+")
    locale = models.ForeignKey(Locale, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(help_text="When the person's page last reported.")

    objects: ClassVar[TipPresenceQuerySet] = manager_of(TipPresenceQuerySet)

    class Meta:
        ordering = ("tip", "locale", "person")
        constraints = (models.UniqueConstraint(fields=("tip", "locale", "person"), name="tippresence_once"),)

    def __str__(self) -> str:
        return f"{self.tip_id} [{self.locale_id}] {self.person}"
