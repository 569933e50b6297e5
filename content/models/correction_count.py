"""What apps say is wrong with a channel: a number a day and a problem, and nothing beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q

from content.models.channel import Channel
from content.models.channel_revision import ChannelRevision
from core.errors import Invalid


class Problem(models.TextChoices):
    """What may be wrong with a channel."""

    NO_ANSWER = "no-answer"
    WRONG_NUMBER = "wrong-number"
    PAGE_GONE = "page-gone"
    HOURS_WRONG = "hours-wrong"


class CorrectionCountManager(models.Manager["CorrectionCount"]):
    """Count."""

    def report(self, *, service: str, position: int, problem: str, at: datetime) -> None:
        """Add one to the channel as it stands now; Invalid where there is none, or for another word."""
        if problem not in Problem.values:
            raise Invalid(f"problem is one of {', '.join(Problem.values)}.", code="problem", field="problem")
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


class CorrectionCount(models.Model):
    """How often one problem was reported of one channel's present facts on one day."""

    revision = models.ForeignKey(ChannelRevision, on_delete=models.PROTECT, related_name="corrections")
    problem = models.CharField(max_length=12, choices=Problem.choices)
    day = models.DateField()
    total = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[CorrectionCountManager] = CorrectionCountManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("revision", "problem", "day"), name="correctioncount_once"),
            models.CheckConstraint(condition=Q(problem__in=Problem.values), name="correctioncount_problem"),
        )

    def __str__(self) -> str:
        return f"{self.revision_id} {self.problem} {self.day}: {self.total}"
