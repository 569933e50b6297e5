"""Withdrawals of tips: tips that were removed from the published packs at once."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from content.models.pack import Pack
from content.models.put_back import PutBack, two_put_back, withdrawal_triggers
from content.models.release import Release
from content.models.tip import Tip
from content.models.withdrawal import WithdrawnPack
from core.querysets import manager_of


class TipWithdrawalQuerySet(models.QuerySet["TipWithdrawal"]):
    """Find withdrawals."""

    def in_force(self) -> TipWithdrawalQuerySet:
        """Filter those that were not put back."""
        return self.filter(put_back_at=None)


class TipWithdrawal(PutBack):
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

    objects: ClassVar[TipWithdrawalQuerySet] = manager_of(TipWithdrawalQuerySet)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("tip",), condition=Q(put_back_at=None), name="tipwithdrawal_one_in_force"),
            two_put_back(),
        )
        triggers = withdrawal_triggers(["tip", "release", "withdrawn_by", "at"])

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
