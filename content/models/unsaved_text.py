"""Texts that a member of staff has typed and not saved yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from content.linting.text import normalize_text
from content.models.locale import Locale
from content.models.unit import Unit
from core.errors import Invalid
from core.models import User
from core.querysets import manager_of

#: Characters that are kept: more than a text may have, so that one that is too long can be shortened.
MAX_KEPT = 60_000
#: How long a text is kept that its author has neither saved nor discarded, and has not changed.
KEPT_FOR = timedelta(days=365)


class UnsavedTextQuerySet(models.QuerySet["UnsavedText"]):
    """Find, keep and discard what people have typed."""

    def of(self, person: User, unit: Unit, locale: str) -> UnsavedText | None:
        """Return what the person has typed for the unit in the locale, or None."""
        return self.filter(person=person, unit=unit, locale_id=locale).first()

    def keep(
        self,
        *,
        person: User,
        unit: Unit,
        locale: str,
        text: str,
        stored: str,
        from_revision: int,
        source_revision: int,
        at: datetime,
    ) -> None:
        """Keep the typed text in place of what was kept before; a text that is `stored` already need not be kept."""
        if len(text) > MAX_KEPT:
            raise Invalid(f"The text has more than {MAX_KEPT} characters, so it is not kept. Shorten it.", code="too-long")
        if normalize_text(text) == stored:
            self.discard(person, unit, locale)
            return
        # PostgreSQL stores no NUL.
        values = {
            "text": text.replace("\0", "\N{REPLACEMENT CHARACTER}"),
            "from_revision": from_revision,
            "source_revision": source_revision,
            "at": at,
        }
        self.update_or_create(defaults=values, person=person, unit=unit, locale_id=locale)

    def discard(self, person: User, unit: Unit, locale: str) -> None:
        """Delete what is kept, because it was saved or is not wanted."""
        self.filter(person=person, unit=unit, locale_id=locale).delete()

    def forget_old(self, *, at: datetime) -> None:
        """Delete those that have not been changed for KEPT_FOR."""
        self.filter(at__lte=at - KEPT_FOR).delete()


class UnsavedText(models.Model):
    """What one person has typed for one unit in one locale since they last saved it; nobody else sees it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    locale = models.ForeignKey(Locale, on_delete=models.CASCADE, related_name="+")
    text = models.TextField(blank=True)
    from_revision = models.PositiveIntegerField(help_text="Revision of the text that the person began from; 0: there was none.")
    source_revision = models.PositiveIntegerField(help_text="Revision of the source that the person saw.")
    at = models.DateTimeField()

    objects: ClassVar[UnsavedTextQuerySet] = manager_of(UnsavedTextQuerySet)

    class Meta:
        ordering = ("-at",)
        constraints = (models.UniqueConstraint(fields=("person", "unit", "locale"), name="unsavedtext_once"),)

    def __str__(self) -> str:
        return f"{self.unit} [{self.locale_id}] {self.person}"
