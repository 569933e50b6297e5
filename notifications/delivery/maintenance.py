"""Daily maintenance: delete registrations and topics that are no longer needed, a limited number in each pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

from notifications.delivery import topics
from notifications.models.heartbeat import Heartbeat
from notifications.models.maintenance_run import MaintenanceRun
from notifications.models.receipt_count import ReceiptCount
from notifications.models.registration import Registration, RegistrationQuerySet
from notifications.models.unregistered import Unregistered

#: Rows that one pass deletes at the most, so that no tick takes long; a job is finished for the day when it deletes fewer.
PURGE_LIMIT = 10_000
#: How long the counters of what apps reported about an alert are kept after it has finished.
RECEIPTS_KEPT = timedelta(days=730)
# The outer conditions are checked again under the row's lock: a topic is kept that an app requests in the same instant.
_DELETE_TOPICS = """
    DELETE FROM notifications_segment s
    WHERE s.platform = '' AND s.requested_on < %(before)s
        AND s.id IN (
            SELECT id FROM notifications_segment t WHERE t.platform = '' AND t.requested_on < %(before)s
                AND NOT EXISTS (SELECT 1 FROM notifications_wave w WHERE t.id = ANY(w.segments))
            LIMIT %(limit)s)
        AND NOT EXISTS (SELECT 1 FROM notifications_wave w WHERE s.id = ANY(w.segments))
"""


_DELETE_EMPTY_SEGMENTS = """
    DELETE FROM notifications_segment s
    WHERE s.platform <> ''
        AND s.id IN (
            SELECT t.id FROM notifications_segment t WHERE t.platform <> ''
                AND NOT EXISTS (SELECT 1 FROM notifications_registration r WHERE r.segment_id = t.id)
                AND t.id NOT IN (SELECT unnest(segments) FROM notifications_wave WHERE segments <> '{}')
            LIMIT %(limit)s)
        AND NOT EXISTS (SELECT 1 FROM notifications_registration r WHERE r.segment_id = s.id)
"""


def run_due_jobs(*, at: datetime) -> None:
    """Run one pass of each job that has not finished today."""
    purge_stale_registrations(at=at)
    purge_gone_registrations(at=at)
    purge_unrequested_topics(at=at)
    purge_empty_segments(at=at)
    forget_heartbeats(at=at)
    purge_receipts(at=at)
    forget_unregistered(at=at)


def purge_stale_registrations(*, at: datetime) -> int:
    """Delete registrations that were not refreshed for 60 days (Android: 270); return how many."""
    return _once_a_day("purge-stale-registrations", lambda: _delete(Registration.objects.not_refreshed(at=at)), at=at)


def purge_gone_registrations(*, at: datetime) -> int:
    """Delete registrations that were marked gone 30 days ago, with the sealed address and its digest; return how many."""
    return _once_a_day("purge-gone-registrations", lambda: _delete(Registration.objects.gone_for_good(at=at)), at=at)


def purge_unrequested_topics(*, at: datetime) -> int:
    """Delete topics that no app has requested for 270 days, except those of a campaign in flight; return how many."""
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


def _once_a_day(job: str, delete: Callable[[], int], *, at: datetime) -> int:
    if not MaintenanceRun.objects.is_due(job, on=at.date()):
        return 0
    deleted = delete()
    if deleted < PURGE_LIMIT:
        MaintenanceRun.objects.finish(job, on=at.date())
    return deleted


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
