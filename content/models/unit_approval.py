"""The approvals of source texts."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from content.terms import Change

#: An approval is recorded in the transaction that approves the unit, and says the same.
_HONEST = """
    IF NOT EXISTS (
        SELECT 1 FROM content_unit
        WHERE id = NEW.unit_id AND state = 'approved' AND approved_revision = NEW.revision AND approved_by_id = NEW.by_id
    ) THEN
        RAISE EXCEPTION 'this revision of the unit is not approved by this person' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class UnitApproval(models.Model):
    """One approved revision of a unit, never changed: a target can be approved for these revisions alone.

    `declared` is the most severe change that the authors declared since the approval before, `change` is what the approver
    decided that it is.
    """

    unit = models.ForeignKey("content.Unit", on_delete=models.CASCADE, related_name="approvals")
    revision = models.PositiveIntegerField()
    declared = models.CharField(max_length=8, choices=Change.choices)
    change = models.CharField(max_length=8, choices=Change.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("unit", "-revision")
        constraints = (
            models.UniqueConstraint(fields=("unit", "revision"), name="unitapproval_once"),
            models.CheckConstraint(condition=Q(declared__in=Change.values, change__in=Change.values), name="unitapproval_change"),
        )
        triggers = (
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(name="honest", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_HONEST),
        )

    def __str__(self) -> str:
        return f"{self.unit} {self.revision}"
