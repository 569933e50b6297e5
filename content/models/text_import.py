"""Imports of translation files that wait for the person who chose the file to confirm them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models, transaction

from content.models.locale import Locale
from core.models import User
from core.querysets import manager_of

#: How long an import waits; the person then chooses the file again.
WAITS = timedelta(days=1)


class TextImportQuerySet(models.QuerySet["TextImport"]):
    """Find, keep and forget imports."""

    def of(self, person: User, locale: str, *, at: datetime) -> TextImport | None:
        """Return the person's import into the locale that waits, or None."""
        return self.filter(person=person, locale_id=locale, at__gt=at - WAITS).first()

    def keep(self, *, person: User, locale: str, name: str, texts: list[list[object]], at: datetime) -> TextImport:
        """Keep the texts of a file in place of the person's earlier import into the locale."""
        with transaction.atomic():
            self.filter(person=person, locale_id=locale).delete()
            return self.create(person=person, locale_id=locale, name=name[:200], texts=texts, at=at)

    def forget_old(self, *, at: datetime) -> None:
        """Delete those that nobody has confirmed in time."""
        self.filter(at__lte=at - WAITS).delete()


class TextImport(models.Model):
    """The texts of one file, which was dropped after it was read. The row is deleted once they are imported or discarded."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    locale = models.ForeignKey(Locale, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200, help_text="What the file was called.")
    texts = models.JSONField(help_text="Key, source, translation, reference, line, unfinished: a list for each text.")
    at = models.DateTimeField()

    objects: ClassVar[TextImportQuerySet] = manager_of(TextImportQuerySet)

    class Meta:
        ordering = ("-at",)
        constraints = (models.UniqueConstraint(fields=("person", "locale"), name="textimport_once"),)

    def __str__(self) -> str:
        return f"{self.name} [{self.locale_id}] {self.person}"
