"""Run the scheduler and a worker step by step, and end waits and leases when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime

from notifications.delivery import scheduler, worker
from notifications.models import Batch, Quota

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def tick(at: datetime | None = None) -> bool:
    """Run the scheduler once, by default now; return whether there is something to send."""
    return scheduler.tick(at=at or scheduler.database_now())


def tick_and_send(seconds: float = 10) -> None:
    """Run the scheduler, a worker, and the scheduler again."""
    tick()
    worker.run(seconds=seconds)
    tick()


def end_waits() -> None:
    """End the waits of batches and projects."""
    Batch.objects.filter(state="open").update(ready_at=LONG_AGO)
    Quota.objects.update(blocked_until=None)


def end_leases() -> None:
    """End the leases of claimed batches."""
    Batch.objects.filter(state="claimed").update(lease_until=LONG_AGO)
