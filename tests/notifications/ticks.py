"""Turn the crank by hand: the planner looks, a sender works, and waits and leases are over when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime

from notifications.delivery import scheduler, worker
from notifications.models import Batch, Quota

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def tick(at: datetime | None = None) -> bool:
    """Let the planner look once, now unless told otherwise; tell whether there is something to send."""
    return scheduler.tick(at=at or scheduler.database_now())


def turn(seconds: float = 10) -> None:
    """Let the planner and then a sender work once."""
    tick()
    worker.run(seconds=seconds)
    tick()


def waits_over() -> None:
    """Let the waits of batches and projects be over."""
    Batch.objects.filter(state="open").update(ready_at=LONG_AGO)
    Quota.objects.update(blocked_until=None)


def leases_over() -> None:
    """Let the leases of claimed batches have run out."""
    Batch.objects.filter(state="claimed").update(lease_until=LONG_AGO)
