"""The beat's scheduler, which shows that it runs."""

from __future__ import annotations

from typing import Any

from celery.beat import PersistentScheduler

from core import heartbeats


class Scheduler(PersistentScheduler):  # type: ignore[misc]
    """Celery's scheduler, with a sign of life each time that it looks at the timetable."""

    def tick(self, *arguments: Any, **named: Any) -> Any:
        """Send what is due; return the seconds until the next look."""
        heartbeats.give("beat")
        return super().tick(*arguments, **named)

    def close(self) -> None:
        """Close the file of the schedule, at an orderly end."""
        super().close()
        heartbeats.end("beat")
