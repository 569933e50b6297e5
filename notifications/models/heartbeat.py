"""When the parts that send alerts last worked, each on its machine, so that nobody has to guess whether they run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q

from core.querysets import manager_of

#: Seconds of silence after which a part counts as not running. A worker with one process sends for up to 35 s without a look.
NO_WORK_AFTER = 45.0
#: Seconds within which a heartbeat is not repeated, whichever process of a machine gives it.
_NOT_AGAIN_WITHIN = 1.0
# A heartbeat that seems to lie in the future was given before the database's clock was set back.
_GIVE = """
    INSERT INTO notifications_heartbeat AS last (part, host, last_at) VALUES (%s, %s, clock_timestamp())
    ON CONFLICT (part, host) DO UPDATE SET last_at = EXCLUDED.last_at
    WHERE abs(extract(epoch FROM EXCLUDED.last_at - last.last_at)) >= %s
"""
_READ = """
    SELECT clock_timestamp(),
        (SELECT ran_at FROM notifications_schedulerrun WHERE id = 1),
        (SELECT max(last_at) FROM notifications_heartbeat WHERE part = 'delivery'),
        (SELECT max(last_at) FROM notifications_heartbeat WHERE part = 'beat')
"""


class HeartbeatPart(models.TextChoices):
    """What gives heartbeats, beside the scheduler, which records its runs (`SchedulerRun`)."""

    #: A worker that looked for something to send.
    DELIVERY = "delivery"
    #: A wake-up of the beat that reached a worker.
    BEAT = "beat"


@dataclass(frozen=True)
class LastWork:
    """When each part last worked, by the database's clock, on whichever machine; None: never."""

    read_at: datetime
    scheduler: datetime | None
    delivery: datetime | None
    beat: datetime | None

    def silence(self, last: datetime | None) -> float | None:
        """Return for how many seconds a part has been silent; None if it has never worked."""
        return None if last is None else max(0.0, (self.read_at - last).total_seconds())

    def is_silent(self, last: datetime | None) -> bool:
        """Return whether a part counts as not running."""
        silence = self.silence(last)
        return silence is None or silence > NO_WORK_AFTER

    @property
    def sends(self) -> bool:
        """Whether somebody would send what is due: the scheduler and a worker run. The beat is not needed for it."""
        return not self.is_silent(self.scheduler) and not self.is_silent(self.delivery)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    """Give and read heartbeats."""

    def give(self, part: HeartbeatPart, *, host: str) -> None:
        """Record that a part works on a machine; at most one write a second for each."""
        with connection.cursor() as cursor:
            cursor.execute(_GIVE, [part, host[:100], _NOT_AGAIN_WITHIN])

    def last_work(self) -> LastWork:
        """Return when each part last worked; one query."""
        with connection.cursor() as cursor:
            cursor.execute(_READ)
            return LastWork(*cursor.fetchone())

    def forget(self, *, at: datetime) -> int:
        """Delete the heartbeats of machines that have been silent for a day; return how many."""
        deleted: int
        deleted, _ = self.filter(last_at__lt=at - timedelta(days=1)).delete()
        return deleted


class Heartbeat(models.Model):
    """The last heartbeat of one part on one machine."""

    part = models.CharField(max_length=8, choices=HeartbeatPart.choices)
    host = models.CharField(max_length=100)
    last_at = models.DateTimeField()

    objects: ClassVar[HeartbeatQuerySet] = manager_of(HeartbeatQuerySet)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["part", "host"], name="heartbeat_once"),
            models.CheckConstraint(condition=Q(part__in=HeartbeatPart.values), name="heartbeat_part"),
        )

    def __str__(self) -> str:
        return f"{self.part} on {self.host}: {self.last_at}"
