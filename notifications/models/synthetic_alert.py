"""When workers last sent the synthetic alert: a rehearsal that shows operators whether alerts get through."""

from __future__ import annotations

from typing import ClassVar

from django.db import connection, models
from django.db.models import Q

from core.querysets import manager_of

#: Seconds between two of them.
EVERY = 300.0
# A start that seems to lie in the future was recorded before the database's clock was set back.
_TAKE_TURN = """
    INSERT INTO notifications_syntheticalert AS last (id, first_at, started_at, problem)
    VALUES (1, clock_timestamp(), clock_timestamp(), '')
    ON CONFLICT (id) DO UPDATE SET started_at = EXCLUDED.started_at
    WHERE abs(extract(epoch FROM EXCLUDED.started_at - last.started_at)) >= %s
    RETURNING id
"""
_RECORD = """
    UPDATE notifications_syntheticalert SET problem = %(problem)s,
        accepted_at = CASE WHEN %(problem)s = '' THEN clock_timestamp() ELSE accepted_at END
    WHERE id = 1
"""
#: Seconds since FCM last accepted one, or since the first one was tried; no row: none was tried.
AGE_SQL = "SELECT extract(epoch FROM clock_timestamp() - coalesce(accepted_at, first_at)) FROM notifications_syntheticalert"


class SyntheticAlertQuerySet(models.QuerySet["SyntheticAlert"]):
    """Take turns in sending, and record what became of it."""

    def take_turn(self) -> bool:
        """Return whether this process sends the next one: True once in EVERY seconds, among all processes."""
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_TURN, [EVERY])
            return cursor.fetchone() is not None

    def record(self, *, problem: str) -> None:
        """Record that FCM has accepted one, or what went wrong in a sentence."""
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, {"problem": problem[:300]})


class SyntheticAlert(models.Model):
    """The last synthetic alert; one row. It holds no address."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    first_at = models.DateTimeField(help_text="When the first one was tried.")
    started_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    objects: ClassVar[SyntheticAlertQuerySet] = manager_of(SyntheticAlertQuerySet)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="synthetic_alert_is_one_row"),)

    def __str__(self) -> str:
        return f"{self.started_at}"
