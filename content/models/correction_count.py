"""Reports from apps that a channel is wrong: a count for each day and problem, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q

from content.models.channel import Channel
from content.models.channel_revision import ChannelRevision
from core.errors import Invalid
from core.querysets import manager_of


class Problem(models.TextChoices):
    """What can be wrong with a channel."""

    NO_ANSWER = "no-answer"
    WRONG_NUMBER = "wrong-number"
    PAGE_GONE = "page-gone"
    HOURS_WRONG = "hours-wrong"


#: Days for which a report raises the channel in the assurance queue; after that it is deleted.
RECENT_DAYS = 30


class CorrectionCountQuerySet(models.QuerySet["CorrectionCount"]):
    """Count reports, and delete old ones."""

    def report(self, *, service: str, position: int, problem: str, at: datetime) -> None:
        """Count one report against the channel's current revision; raise Invalid for an unknown channel or problem."""
        if problem not in Problem.values:
            raise Invalid(f"problem must be one of {', '.join(Problem.values)}.", code="problem", field="problem")
        channel = Channel.objects.filter(service_id=service, position=position).first()
        if channel is None:
            raise Invalid("There is no such channel.", code="channel", field="channel")
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO content_correctioncount AS c (revision_id, problem, day, total) VALUES (%s, %s, %s, 1)
                ON CONFLICT (revision_id, problem, day) DO UPDATE SET total = c.total + 1
                """,
                [channel.revision_id, problem, at.astimezone(UTC).date()],
            )

    def recent(self, *, on: date) -> CorrectionCountQuerySet:
        """Filter those that still count in the assurance queue on a day."""
        return self.filter(day__gt=on - timedelta(days=RECENT_DAYS))

    def delete_old(self, *, at: datetime) -> int:
        """Delete those that are no longer recent, and return how many they were."""
        deleted, _ = self.filter(day__lte=at.astimezone(UTC).date() - timedelta(days=RECENT_DAYS)).delete()
        return deleted


class CorrectionCount(models.Model):
    """How often one problem of one revision of a channel was reported on one day."""

    revision = models.ForeignKey(ChannelRevision, on_delete=models.PROTECT, related_name="corrections")
    problem = models.CharField(max_length=12, choices=Problem.choices)
    day = models.DateField()
    total = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[CorrectionCountQuerySet] = manager_of(CorrectionCountQuerySet)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("revision", "problem", "day"), name="correctioncount_once"),
            models.CheckConstraint(condition=Q(problem__in=Problem.values), name="correctioncount_problem"),
        )

    def __str__(self) -> str:
        return f"{self.revision_id} {self.problem} {self.day}: {self.total}"
