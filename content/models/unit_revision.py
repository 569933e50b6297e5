"""The history of source texts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from content.terms import Change

if TYPE_CHECKING:
    from content.models.unit import Unit


class UnitRevision(models.Model):
    """One saved revision of a unit, never deleted; the compiler reads here for how long a target has been outdated."""

    unit = models.ForeignKey("content.Unit", on_delete=models.CASCADE, related_name="revisions")
    revision = models.PositiveIntegerField()
    change = models.CharField(max_length=8, choices=Change.choices)
    text = models.TextField()
    allowed_numbers = ArrayField(models.CharField(max_length=4), null=True, help_text="null: saved before this was kept.")
    number_kinds = ArrayField(models.CharField(max_length=7), null=True, help_text="null: saved before this was kept.")
    stays_as_is = models.BooleanField(default=False, db_default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("unit", "-revision")
        constraints = (models.UniqueConstraint(fields=("unit", "revision"), name="unitrevision_once"),)
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.unit} {self.revision}"

    @classmethod
    def of(cls, unit: Unit, *, by_id: int, at: datetime) -> UnitRevision:
        """Return an unsaved revision with the unit's current text, saved by this person."""
        return cls(
            unit=unit,
            revision=unit.revision,
            change=unit.last_change,
            text=unit.text,
            allowed_numbers=unit.allowed_numbers,
            number_kinds=unit.number_kinds,
            stays_as_is=unit.stays_as_is,
            by_id=by_id,
            at=at,
        )
