"""How many installations a segment has, from counters: no page counts registrations."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import connection, models, transaction
from django.db.models import Q

from core.querysets import manager_of
from notifications.models.segment import Segment

#: Changes that wait before they are added up. Below it, a sum costs less than the rewriting of its rows.
FOLD_FROM = 500
#: Advisory lock of a recount: a second one at the same time would correct the same difference twice.
_RECOUNT_LOCK = (0x4650, 2)
_FOLD = """
    WITH changed AS (
        SELECT DISTINCT segment_id FROM notifications_segmentcount WHERE NOT folded
    ), taken AS (
        DELETE FROM notifications_segmentcount c USING changed
        WHERE c.segment_id = changed.segment_id RETURNING c.segment_id, c.devices
    )
    INSERT INTO notifications_segmentcount (segment_id, devices, folded)
    SELECT segment_id, sum(devices), true FROM taken GROUP BY segment_id HAVING sum(devices) <> 0
"""
# One statement, and so one snapshot: a registration and its change of the counter are visible together, or neither is.
_RECOUNT = """
    INSERT INTO notifications_segmentcount (segment_id, devices, folded)
    SELECT segment_id, sum(devices), false FROM (
        SELECT segment_id, count(*) AS devices FROM notifications_registration
        WHERE gone_at IS NULL AND ticket IS NOT NULL GROUP BY segment_id
        UNION ALL
        SELECT segment_id, -sum(devices) FROM notifications_segmentcount GROUP BY segment_id
    ) difference GROUP BY segment_id HAVING sum(devices) <> 0
"""


class SegmentCountQuerySet(models.QuerySet["SegmentCount"]):
    """Add up and correct the counters."""

    def fold(self, *, at_least: int = FOLD_FROM) -> bool:
        """Add up the rows of each segment that changed, once there are `at_least` changes; return whether they were added up."""
        if not self.filter(folded=False)[at_least - 1 : at_least].exists():
            return False
        with connection.cursor() as cursor:
            cursor.execute(_FOLD)
        return True

    def recount(self) -> int:
        """Correct the counters from the registrations, also while they change; return how many segments were wrong."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _RECOUNT_LOCK)
            cursor.execute(_RECOUNT)
            return int(cursor.rowcount)


class SegmentCount(models.Model):
    """A change of the number of a segment's proven installations that are not gone; the number is the sum of its rows.

    A trigger on registrations adds a row for each statement and segment. A single row for each segment would make the
    registrations of a large segment wait for one another.
    """

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, on_delete=models.DO_NOTHING, db_constraint=False, related_name="counts")
    devices = models.IntegerField()
    folded = models.BooleanField(default=False, db_default=False, help_text="The sum of earlier changes.")

    objects: ClassVar[SegmentCountQuerySet] = manager_of(SegmentCountQuerySet)

    class Meta:
        indexes = (models.Index(fields=["id"], condition=Q(folded=False), name="segment_count_to_fold"),)

    def __str__(self) -> str:
        return f"{self.segment_id} {self.devices:+}"


def _count(name: str, operation: pgtrigger.Operation, rows: str, **tables: str) -> pgtrigger.Trigger:
    """Return a trigger that adds the changes of one statement; `rows` selects (segment_id, devices)."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),  # type: ignore[no-untyped-call]
        func=f"""
            INSERT INTO notifications_segmentcount (segment_id, devices)
            SELECT segment_id, sum(devices) FROM ({rows}) changes GROUP BY segment_id HAVING sum(devices) <> 0;
            RETURN NULL;
        """,  # noqa: S608  (constants of this module)
    )


_ADDED = "SELECT segment_id, 1 AS devices FROM added WHERE gone_at IS NULL AND ticket IS NOT NULL"
_REMOVED = "SELECT segment_id, -1 AS devices FROM removed WHERE gone_at IS NULL AND ticket IS NOT NULL"
#: The triggers of registrations that keep the counters.
COUNT_TRIGGERS = (
    _count("counted_on_insert", pgtrigger.Insert, _ADDED, new="added"),
    _count("counted_on_update", pgtrigger.Update, f"{_ADDED} UNION ALL {_REMOVED}", old="removed", new="added"),
    _count("counted_on_delete", pgtrigger.Delete, _REMOVED, old="removed"),
)
