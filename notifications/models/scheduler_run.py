"""When the scheduler last ran, in whichever process."""

from __future__ import annotations

from typing import ClassVar

from django.db import connection, models
from django.db.models import Q

from core.querysets import manager_of

#: Seconds after a run from which another process takes the next one. The beat asks for one each second.
LATE_AFTER = 1.5
#: Seconds without a run after which nobody is sending alerts, and people have to look.
SILENT_AFTER = 30.0
#: Seconds since the last run by the database's clock; NULL if there was none.
SECONDS_SINCE_SQL = "SELECT extract(epoch FROM clock_timestamp() - ran_at)::float FROM notifications_schedulerrun WHERE id = 1"
# A run that seems to lie in the future was recorded before the database's clock was set back.
_TAKE_TURN = """
    WITH before AS MATERIALIZED (SELECT ran_at FROM notifications_schedulerrun WHERE id = 1 FOR UPDATE)
    INSERT INTO notifications_schedulerrun AS last (id, ran_at, runs)
    -- Read before the row is written, which RETURNING alone would not do.
    SELECT 1, clock_timestamp(), 1 FROM (SELECT count(*) FROM before) read_first
    ON CONFLICT (id) DO UPDATE SET ran_at = EXCLUDED.ran_at, runs = last.runs + 1
    WHERE abs(extract(epoch FROM EXCLUDED.ran_at - last.ran_at)) >= %s
    RETURNING greatest(0, extract(epoch FROM (SELECT ran_at FROM before) - ran_at))::float
"""


class SchedulerRunQuerySet(models.QuerySet["SchedulerRun"]):
    """Record runs."""

    def take_turn(self, *, late_after: float = LATE_AFTER) -> float | None:
        """Record a run and return by how many seconds the database's clock was set back since the last one (usually 0).

        Return None, and record nothing, when another process ran the scheduler less than `late_after` seconds ago.
        """
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_TURN, [late_after])
            row = cursor.fetchone()
        return None if row is None else float(row[0] or 0.0)

    def seconds_since_last(self) -> float | None:
        """Return the seconds since the last run by the database's clock; None if there was none."""
        with connection.cursor() as cursor:
            cursor.execute(SECONDS_SINCE_SQL)
            row = cursor.fetchone()
        return None if row is None else float(row[0])


class SchedulerRun(models.Model):
    """The last run of the scheduler; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    ran_at = models.DateTimeField()
    runs = models.PositiveBigIntegerField(
        default=0,
        db_default=0,
        help_text="How often it ran. Fewer than before: the database was restored (delivery/restores.py).",
    )

    objects: ClassVar[SchedulerRunQuerySet] = manager_of(SchedulerRunQuerySet)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="scheduler_run_is_one_row"),)

    def __str__(self) -> str:
        return f"{self.ran_at}"
