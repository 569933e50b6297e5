"""The beat's scheduler, which shows that it runs.

It goes by the monotonic clock, so that a machine's clock that is set back or forward changes nothing.
"""

from __future__ import annotations

import time
from typing import Any

from celery.beat import Scheduler

from core import heartbeats


class MonotonicScheduler(Scheduler):  # type: ignore[misc]
    """Sends each task of the timetable at once after the start, then after each period.

    Celery's own compares the machine's clock with the instant of the last run: after a clock was set back by an hour it sends
    nothing for that hour (https://github.com/celery/celery/issues/6742). Nothing is kept on disk: a task that runs once more
    after a restart is harmless.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        #: By entry, on the clock of time.monotonic.
        self._due: dict[str, float] = {}
        super().__init__(*args, **named)

    def setup_schedule(self) -> None:
        """Take the timetable from the settings, without Celery's own entries: no results are kept that it would clean up."""
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *_args: Any, **_named: Any) -> float:
        """Send what is due; return the seconds until the next look."""
        heartbeats.give("beat")
        for name, entry in self.schedule.items():
            now = time.monotonic()
            due = self._due.get(name, now)
            if due <= now:
                period = entry.schedule.run_every.total_seconds()
                # What was missed while the process was stopped is sent once.
                self._due[name] = due + period if due + period > now else now + period
                self.apply_entry(entry, producer=self.producer)
        return float(max(0.0, min(self.max_interval, min(self._due.values(), default=self.max_interval) - time.monotonic())))

    def close(self) -> None:
        """Let go of the broker, at an orderly end."""
        super().close()
        heartbeats.end("beat")
