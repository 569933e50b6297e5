"""What keeps a campaign from being sent that is in no count: a read-only database, an open transaction, a worker's trouble."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from core.instants import rfc3339
from notifications.models.heartbeat import Heartbeat, LastWork
from notifications.models.registration import TICKET_LOCK
from notifications.models.worker_note import WorkerNote

#: Seconds for which a transaction with a ticket may be open before it is named.
_LONG = 3.0


def read_only_database() -> str | None:
    """Return a sentence when nothing can be written, so that nothing can be claimed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery() OR coalesce(nullif(current_setting('default_transaction_read_only'), 'off'), '') <> ''"
        )
        return "The database is read-only: nothing can be sent until it takes writes again." if cursor.fetchone()[0] else None


def open_transaction() -> str | None:
    """Return a sentence when a freeze waits for a transaction that holds a ticket: registrations, or somebody's own session."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT max(extract(epoch FROM clock_timestamp() - a.xact_start))::float
            FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = %s AND l.granted AND l.mode = 'ShareLock'
              -- pg_locks lists the locks of every database of the server.
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """,
            TICKET_LOCK,
        )
        seconds = cursor.fetchone()[0]
    if seconds is None or seconds < _LONG:
        return None
    return f"The start waits for a database session that has held up new phones for {seconds:.0f} s. End that session."


def worker_in_trouble(projects: Iterable[str]) -> str | None:
    """Return what a worker says about why it cannot send to one of the Firebase projects, or why it is slow; else None."""
    note = WorkerNote.objects.holding(projects)
    return f"The worker on {note.worker} {note.reason}" if note else None


def nobody_at_work(last: LastWork | None = None) -> str | None:
    """Return a sentence when no worker looks for something to send, or no scheduler starts what is due; None when both do."""
    last = last or Heartbeat.objects.last_work()
    for part, work in ((last.delivery, "looked for something to send"), (last.scheduler, "started what is due")):
        if last.is_silent(part):
            since = f"since {rfc3339(part.replace(microsecond=0))}" if part else "so far"
            return f"Waiting for a worker: none has {work} {since}. Check that a worker is running."
    return None
