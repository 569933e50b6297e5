"""Withdrawals: services that were removed from the published packs at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, TypedDict

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from content.models.pack import Pack
from content.models.put_back import PutBack, two_put_back, withdrawal_triggers
from content.models.release import Release
from content.models.service import Service
from core.querysets import manager_of

#: Days for which the manifest lists a withdrawn service.
LISTED_DAYS = 730


class WithdrawnService(TypedDict):
    """A withdrawn service as the manifest lists it; `date` is an ISO 8601 date."""

    service: str
    successor: str | None
    date: str


class WithdrawalQuerySet(models.QuerySet["Withdrawal"]):
    """Find withdrawals."""

    def in_force(self) -> WithdrawalQuerySet:
        """Filter those that were not put back."""
        return self.filter(put_back_at=None)

    def successors(self) -> dict[str, str | None]:
        """Return the successor of each withdrawn service, by id; successors that are withdrawn too are followed to their own."""
        direct = dict(self.in_force().values_list("service_id", "successor_id"))

        def last(name: str | None) -> str | None:
            passed: set[str] = set()
            while name in direct and name not in passed:
                passed.add(name)
                name = direct[name]
            return None if name in direct else name

        return {name: last(successor) for name, successor in sorted(direct.items())}

    def manifest_entries(self, *, at: datetime) -> list[WithdrawnService]:
        """Return the manifest's entries for those of the last LISTED_DAYS, in the order of the services' ids."""
        successors = self.successors()
        rows = self.in_force().filter(at__gt=at - timedelta(days=LISTED_DAYS)).order_by("service_id")
        return [
            {"service": row.service_id, "successor": successors[row.service_id], "date": row.at.date().isoformat()}
            for row in rows
        ]


class Withdrawal(PutBack):
    """One service, withdrawn by one person (an emergency service: by two) until two people put it back."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="withdrawals")
    successor = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    release = models.OneToOneField(
        Release,
        on_delete=models.PROTECT,
        related_name="withdrawal",
        null=True,
        blank=True,
        help_text="The release without the service.",
    )
    emergency = models.BooleanField(help_text="Whether the service was an emergency service.")
    seconded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    objects: ClassVar[WithdrawalQuerySet] = manager_of(WithdrawalQuerySet)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("service",), condition=Q(put_back_at=None), name="withdrawal_one_in_force"),
            models.CheckConstraint(
                condition=Q(successor=None) | ~Q(successor=F("service")), name="withdrawal_successor_is_another"
            ),
            models.CheckConstraint(
                condition=Q(emergency=False, seconded_by=None)
                | (Q(seconded_by__isnull=False) & ~Q(seconded_by=F("withdrawn_by"))),
                name="withdrawal_of_an_emergency_takes_two",
            ),
            two_put_back(),
        )
        triggers = withdrawal_triggers(["service", "successor", "release", "emergency", "withdrawn_by", "seconded_by", "at"])

    def __str__(self) -> str:
        return f"Withdrawal of {self.service_id}"


class WithdrawnPack(models.Model):
    """A pack that offers a withdrawn service; it is not served while the withdrawal is in force."""

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="packs")
    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="withdrawals")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("withdrawal", "pack"), name="withdrawnpack_once"),)
        triggers = (pgtrigger.Protect(name="kept", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.pack_id[:12]} held {self.withdrawal_id}"
