"""What withdrawals of services and of tips share: who withdrew, and the two people who put it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.models import User


def two_put_back() -> models.CheckConstraint:
    """Return the CHECK that two different people put it back, or nobody has."""
    nobody = Q(put_back_by=None, put_back_seconded_by=None, put_back_at=None)
    two = Q(put_back_by__isnull=False, put_back_seconded_by__isnull=False, put_back_at__isnull=False)
    return models.CheckConstraint(
        condition=nobody | (two & ~Q(put_back_by=F("put_back_seconded_by"))), name="%(class)s_two_put_back"
    )


def withdrawal_triggers(fixed: Sequence[str]) -> tuple[pgtrigger.Trigger, ...]:
    """Return the triggers that keep a withdrawal as it was decided; `fixed` are the columns of the decision."""
    return (
        pgtrigger.ReadOnly(name="decided_once", fields=[*fixed]),
        pgtrigger.Protect(
            name="put_back_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__put_back_at__isnull=False)
        ),
        pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
    )


class PutBack(models.Model):
    """Something that was withdrawn from readers at once, until two people put it back."""

    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    put_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    put_back_seconded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    put_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def put_back(self, *, by: User, second: User, at: datetime) -> None:
        """Write down who put it back; the row is locked by the caller, who checks both people."""
        self.put_back_by, self.put_back_seconded_by, self.put_back_at = by, second, at
        self.save(update_fields=["put_back_by", "put_back_seconded_by", "put_back_at"])
