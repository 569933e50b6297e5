"""Daily maintenance: delete registrations and topics that are no longer needed, a limited number in each pass.

Every worker process looks for due jobs in a thread of its own, so that no alert waits for one; only one process at a time runs
a job.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction

from notifications.delivery import topics
from notifications.models.heartbeat import Heartbeat
from notifications.models.maintenance_run import MaintenanceRun
from notifications.models.receipt_count import ReceiptCount
from notifications.models.registration import MAX_AGE_DAYS, Registration, RegistrationQuerySet
from notifications.models.unregistered import Unregistered

#: Rows that one pass deletes at the most, so that no transaction is long; a job is finished for the day when it deletes fewer.
PURGE_LIMIT = 10_000
#: Advisory lock of the process that runs a job.
_LOCK = (0x4650, 4)
#: How long the counters of what apps reported about an alert are kept after it has finished.
RECEIPTS_KEPT = timedelta(days=730)
# Segment by segment through the index of (segment, seen_on). OFFSET and ARRAY keep the planner from joining whole tables. The
# outer condition is checked again under the row's lock: a registration that is refreshed in the same instant is kept.
_DELETE_STALE = """
    DELETE FROM notifications_registration r
    WHERE r.seen_on < %(latest)s AND r.id = ANY (ARRAY(
        SELECT old.id
        FROM unnest(%(platforms)s::text[], %(days)s::date[]) AS due(platform, before)
            JOIN notifications_segment s ON s.platform = due.platform, LATERAL (
                SELECT o.id FROM notifications_registration o
                WHERE o.segment_id = s.id AND o.seen_on < due.before
                OFFSET 0) old
        LIMIT %(limit)s))
"""
# The outer conditions are checked again under the row's lock: a topic is kept that is listed again in the same instant.
_DELETE_TOPICS = """
    DELETE FROM notifications_segment s
    WHERE s.platform = '' AND s.requested_on < %(before)s
        AND s.id IN (
            SELECT id FROM notifications_segment t WHERE t.platform = '' AND t.requested_on < %(before)s
                AND NOT EXISTS (SELECT 1 FROM notifications_wave w WHERE t.id = ANY(w.segments))
            LIMIT %(limit)s)
        AND NOT EXISTS (SELECT 1 FROM notifications_wave w WHERE s.id = ANY(w.segments))
"""
# With OFFSET each segment is one look into an index; without it the planner may read all registrations.
_DELETE_EMPTY_SEGMENTS = """
    DELETE FROM notifications_segment s
    WHERE s.platform <> ''
        AND s.id IN (
            SELECT t.id FROM notifications_segment t WHERE t.platform <> ''
                AND NOT EXISTS (SELECT 1 FROM notifications_registration r WHERE r.segment_id = t.id OFFSET 0)
                AND t.id NOT IN (SELECT unnest(segments) FROM notifications_wave WHERE segments <> '{}')
            LIMIT %(limit)s)
        AND NOT EXISTS (SELECT 1 FROM notifications_registration r WHERE r.segment_id = s.id OFFSET 0)
"""


def run_due_jobs(*, at: datetime) -> None:
    """Run one pass of each job that has not finished today."""
    jobs = (
        purge_stale_registrations,
        purge_gone_registrations,
        purge_unlisted_topics,
        purge_empty_segments,
        forget_heartbeats,
        purge_receipts,
        forget_unregistered,
    )
    if MaintenanceRun.objects.filter(finished_on=at.date()).count() < len(jobs):
        for job in jobs:
            job(at=at)


def purge_stale_registrations(*, at: datetime) -> int:
    """Delete registrations that were not refreshed for 60 days (Android: 270); return how many."""
    return _once_a_day("purge-stale-registrations", lambda: _delete_stale(at=at), at=at)


def purge_gone_registrations(*, at: datetime) -> int:
    """Delete registrations that were marked gone 30 days ago, with the sealed address and its digest; return how many."""
    return _once_a_day("purge-gone-registrations", lambda: _delete(Registration.objects.gone_for_good(at=at)), at=at)


def purge_unlisted_topics(*, at: datetime) -> int:
    """Delete topics that have not been in the list for 270 days, except those of a campaign in flight; return how many."""
    # The job's name is a stored key.
    return _once_a_day("purge-unrequested-topics", lambda: _delete_topics(at=at), at=at)


def purge_empty_segments(*, at: datetime) -> int:
    """Delete segments without registrations, except those of a campaign in flight; return how many.

    Anybody can make segments, by registering with other values. A registration for one that is being deleted makes it again.
    """
    return _once_a_day("purge-empty-segments", _delete_empty_segments, at=at)


def forget_heartbeats(*, at: datetime) -> int:
    """Delete the heartbeats of machines that have been silent for a day; return how many."""
    return _once_a_day("forget-heartbeats", lambda: Heartbeat.objects.forget(at=at), at=at)


def purge_receipts(*, at: datetime) -> int:
    """Delete the counters of receipts of alerts that finished two years ago; return how many."""
    return _once_a_day("purge-receipts", lambda: _delete_receipts(at=at), at=at)


def forget_unregistered(*, at: datetime) -> int:
    """Delete, 35 days later, that an installation has unregistered; return how many."""
    return _once_a_day("forget-unregistered", lambda: Unregistered.objects.forget(on=at.date()), at=at)


@transaction.atomic
def _once_a_day(job: str, delete: Callable[[], int], *, at: datetime) -> int:
    """Run one pass of a job that is due, unless another process is running one; return the number of deleted rows."""
    if not MaintenanceRun.objects.is_due(job, on=at.date()) or not _is_first():
        return 0
    deleted = delete()
    if deleted < PURGE_LIMIT:
        MaintenanceRun.objects.finish(job, on=at.date())
    return deleted


def _is_first() -> bool:
    """Return whether no other process is running a job; if so, keep the others from starting one until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _LOCK)
        return bool(cursor.fetchone()[0])


def _delete_stale(*, at: datetime) -> int:
    before = {str(platform): (at - timedelta(days=days)).date() for platform, days in MAX_AGE_DAYS.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            _DELETE_STALE,
            {"latest": max(before.values()), "platforms": [*before], "days": [*before.values()], "limit": PURGE_LIMIT},
        )
        return int(cursor.rowcount)


def _delete(registrations: RegistrationQuerySet) -> int:
    deleted: int
    deleted, _ = Registration.objects.filter(pk__in=registrations.values("pk")[:PURGE_LIMIT]).delete()
    return deleted


def _delete_receipts(*, at: datetime) -> int:
    old = ReceiptCount.objects.filter(campaign__finished_at__lte=at - RECEIPTS_KEPT).values("pk")[:PURGE_LIMIT]
    deleted: int
    deleted, _ = ReceiptCount.objects.filter(pk__in=old).delete()
    return deleted


def _delete_empty_segments() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_EMPTY_SEGMENTS, {"limit": PURGE_LIMIT})
        return int(cursor.rowcount)


def _delete_topics(*, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_TOPICS, {"before": (at - topics.KEPT_FOR).date(), "limit": PURGE_LIMIT})
        return int(cursor.rowcount)
