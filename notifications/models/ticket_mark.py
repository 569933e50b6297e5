"""How far tickets had been assigned on each day: what a ticket says about the age of a registration."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from django.db import connection, models

from core.querysets import manager_of

# The sequence's own row: no ticket is used up.
_RECORD = """
    INSERT INTO notifications_ticketmark (day, ticket)
    SELECT %(day)s, CASE WHEN is_called THEN last_value ELSE 0 END FROM notifications_ticket
    ON CONFLICT (day) DO NOTHING
"""


class TicketMarkQuerySet(models.QuerySet["TicketMark"]):
    """Record marks and look them up."""

    def record(self, *, on: date) -> None:
        """Record the last ticket that was assigned by now, once a day."""
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, {"day": on})

    def before(self, instant: datetime) -> int | None:
        """Return a ticket such that it and all smaller ones were assigned before that day's end; None if none is recorded."""
        return self.filter(day__lte=instant.date()).order_by("-day").values_list("ticket", flat=True).first()


class TicketMark(models.Model):
    """The highest ticket at the first run of the scheduler on one UTC day."""

    day = models.DateField(primary_key=True)
    ticket = models.BigIntegerField()

    objects: ClassVar[TicketMarkQuerySet] = manager_of(TicketMarkQuerySet)

    def __str__(self) -> str:
        return f"{self.day} {self.ticket}"
