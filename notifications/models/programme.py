"""Programmes: campaigns that belong together, such as one for parents and one for teachers, and are approved in one reading."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Programme(models.Model):
    """A name and a note for campaigns that are submitted, read and approved together; each keeps its own state and approval."""

    name = models.CharField(max_length=120, help_text="For staff.")
    note = models.CharField(
        max_length=500, blank=True, help_text="For the approver: what the campaigns have to do with each other."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="programme_has_name"),)

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"
