"""Follow the database's clock when it is set back: what had begun by the old clock does not wait until the new one catches up."""

from __future__ import annotations

import logging

from django.db import connection

from notifications.models.batch import LEASE

#: Seconds by which the clock has to be set back before anything is moved; less is how clocks are kept right.
MIN_STEP = 1.0
#: Seconds for which the old clock may have gone on after the scheduler's last run, which a long tick delays.
SINCE_LAST_RUN = 5.0

_logger = logging.getLogger(__name__)

# Instants up to the last one of the old clock had passed, and pass again. Waits and leases go from that instant on. What was
# due later stays: it goes by the hour of the day, which the new clock tells.
_SHIFT = (
    """
    UPDATE notifications_wave w SET due_at = w.due_at - make_interval(secs => %(step)s)
    FROM notifications_campaign c
    WHERE c.id = w.campaign_id AND c.finished_at IS NULL AND w.segments <> '{}'
        AND w.due_at > now() AND w.due_at <= now() + make_interval(secs => %(passed)s)
    """,
    """
    UPDATE notifications_batch SET ready_at = ready_at - make_interval(secs => %(step)s)
    WHERE state = 'open' AND ready_at > now() AND (tries > 0 OR ready_at <= now() + make_interval(secs => %(passed)s))
    """,
    """
    UPDATE notifications_batch SET lease_until = lease_until - make_interval(secs => %(step)s)
    WHERE state = 'claimed' AND lease_until > now() + make_interval(secs => %(lease)s)
    """,
    """
    UPDATE notifications_quota SET blocked_until = blocked_until - make_interval(secs => %(step)s) WHERE blocked_until > now()
    """,
)


def follow(step: float) -> None:
    """Move the instants of what is being sent by the seconds that the database's clock was set back."""
    if step < MIN_STEP:
        return
    _logger.error("The database's clock was set back by %.0f s. What was being sent goes on.", step)
    with connection.cursor() as cursor:
        for statement in _SHIFT:
            cursor.execute(statement, {"step": step, "passed": step + SINCE_LAST_RUN, "lease": LEASE.total_seconds()})
