"""Withdrawals of tips: tips that were removed from the published packs at once."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from content.models.pack import Pack
from content.models.release import Release
from content.models.tip import Tip
from content.models.withdrawal import WithdrawnPack
from core.querysets import manager_of


class TipWithdrawalQuerySet(models.QuerySet["TipWithdrawal"]):
    """Find withdrawals."""

    def in_force(self) -> TipWithdrawalQuerySet:
        """Filter those that were not put back."""
        return self.filter(put_back_at=None)


class TipWithdrawal(models.Model):
    """One tip, withdrawn by one person until two people put it back; the compiler leaves it out meanwhile."""

    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="withdrawals")
    release = models.OneToOneField(
        Release,
        on_delete=models.PROTECT,
        related_name="tip_withdrawal",
        null=True,
        blank=True,
        help_text="The release without the tip.",
    )
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    put_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    put_back_seconded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    put_back_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TipWithdrawalQuerySet] = manager_of(TipWithdrawalQuerySet)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("tip",), condition=Q(put_back_at=None), name="tipwithdrawal_one_in_force"),
            models.CheckConstraint(
                condition=Q(put_back_by=None, put_back_seconded_by=None, put_back_at=None)
                | (
                    Q(put_back_by__isnull=False, put_back_seconded_by__isnull=False, put_back_at__isnull=False)
                    & ~Q(put_back_by=F("put_back_seconded_by"))
                ),
                name="tipwithdrawal_two_put_back",
            ),
        )
        triggers = (
            pgtrigger.ReadOnly(name="decided_once", fields=["tip", "release", "withdrawn_by", "at"]),
            pgtrigger.Protect(
                name="put_back_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__put_back_at__isnull=False)
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"Withdrawal of the tip {self.tip_id}"


class WithdrawnTipPack(models.Model):
    """A pack that holds a withdrawn tip; it is not served while the withdrawal is in force."""

    withdrawal = models.ForeignKey(TipWithdrawal, on_delete=models.PROTECT, related_name="packs")
    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="tip_withdrawals")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("withdrawal", "pack"), name="withdrawntippack_once"),)
        triggers = (pgtrigger.Protect(name="kept", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.pack_id[:12]} held {self.withdrawal_id}"


def withdrawn_packs() -> frozenset[str]:
    """Return the digests of the packs that are not served, because they hold a service or tip that is withdrawn."""
    services = WithdrawnPack.objects.filter(withdrawal__put_back_at=None).values_list("pack_id", flat=True)
    tips = WithdrawnTipPack.objects.filter(withdrawal__put_back_at=None).values_list("pack_id", flat=True)
    return frozenset(services) | frozenset(tips)
