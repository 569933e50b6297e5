"""Texts that a second reader has read and cannot judge, so that they are not asked again."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F

from content.models.rights import require_reads
from content.models.target import Target
from core import roles
from core.models import User
from core.querysets import manager_of


class DeclinedReadingQuerySet(models.QuerySet["DeclinedReading"]):
    """Record and find declined readings."""

    def current(self) -> DeclinedReadingQuerySet:
        """Filter those of texts that have not changed since."""
        return self.filter(revision=F("target__revision"))

    def decline(self, target: Target, *, by: User, at: datetime, revision: int) -> None:
        """Record that the person cannot judge the text of this revision; a later revision is offered to them again."""
        roles.require(by, "content.approve_words")
        require_reads(by, target.locale_id)
        self.get_or_create(target=target, revision=revision, by=by, defaults={"at": at})


class DeclinedReading(models.Model):
    """One person who cannot judge one text. Colleagues see it; the text goes on waiting for another second reader."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField(help_text="Revision of the text that the person read.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[DeclinedReadingQuerySet] = manager_of(DeclinedReadingQuerySet)

    class Meta:
        ordering = ("at", "pk")
        constraints = (models.UniqueConstraint(fields=("target", "revision", "by"), name="declinedreading_once"),)

    def __str__(self) -> str:
        return f"{self.target} {self.revision} {self.by}"
