"""Which installations have unregistered, as keyed digests of their ids, so that a restored backup does not bring them back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import connection, models

from core.querysets import manager_of
from notifications.registrations import sealed

#: How long it is known that an installation has unregistered. A backup that is older brings it back: keep none for longer.
UNREGISTERED_KEPT = timedelta(days=35)
_NOTE = """
    INSERT INTO notifications_unregistered (digest, unregistered_on) SELECT * FROM unnest(%s::text[], %s::date[])
    ON CONFLICT (digest) DO NOTHING
"""

#: Digest to the day on which the installation unregistered.
UnregisteredDays = Mapping[str, date]


class UnregisteredQuerySet(models.QuerySet["Unregistered"]):
    """Record and read."""

    def note(self, identity: uuid.UUID, *, on: date) -> None:
        """Record that an installation has unregistered. Without ADDRESS_KEYS nobody can have registered either."""
        if settings.ADDRESS_KEYS:
            self.add({sealed.unregistered_digest(identity): on})

    def add(self, days: UnregisteredDays) -> None:
        """Add what is not known yet."""
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [list(days.keys()), list(days.values())])

    def days(self, *, on: date) -> dict[str, date]:
        """Return what is still kept on this day."""
        return dict(self.filter(unregistered_on__gt=on - UNREGISTERED_KEPT).values_list("digest", "unregistered_on"))

    def version(self) -> tuple[int, date | None]:
        """Return what changes with every row that is added or deleted, at the cost of one look at the table."""
        found = self.aggregate(number=models.Count("digest"), last=models.Max("unregistered_on"))
        return int(found["number"]), found["last"]

    def forget(self, *, on: date) -> int:
        """Delete what is not kept any more; return how many."""
        deleted: int
        deleted, _ = self.filter(unregistered_on__lte=on - UNREGISTERED_KEPT).delete()
        return deleted


class Unregistered(models.Model):
    """One installation that has unregistered. Without the key, nothing leads from the digest to an installation."""

    digest = models.CharField(max_length=80, primary_key=True, help_text="Keyed digest of the registration's id.")
    unregistered_on = models.DateField(db_index=True)

    objects: ClassVar[UnregisteredQuerySet] = manager_of(UnregisteredQuerySet)

    def __str__(self) -> str:
        return f"{self.unregistered_on}"
