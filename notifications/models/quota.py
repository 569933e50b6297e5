"""What one Firebase project may be asked for, shared by all workers and machines."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import connection, models


class QuotaQuerySet(models.QuerySet["Quota"]):
    """Permits and blocks, each one statement by the database's clock."""

    def permit(self, project: str, *, messages: int) -> bool:
        """Take a permit for this many messages if the project is neither blocked nor ahead of its rate.

        The row keeps the instant up to which the rate is spoken for (a leaky bucket that any number of workers share); a permit
        moves it on by the time that the messages take at that rate.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO notifications_quota AS q (project, rate, tat, changed_at, strikes, reason)
                VALUES (%(project)s, %(rate)s, now() + make_interval(secs => %(messages)s / %(rate)s), now(), 0, '')
                ON CONFLICT (project) DO UPDATE
                SET tat = greatest(q.tat, now()) + make_interval(secs => %(messages)s / %(rate)s), rate = %(rate)s
                WHERE (q.blocked_until IS NULL OR q.blocked_until <= now()) AND q.tat <= now() + interval '1 second'
                RETURNING 1
                """,
                {"project": project, "rate": settings.FCM_MESSAGES_PER_MINUTE * settings.FCM_QUOTA_SHARE / 60, "messages": messages},
            )
            return cursor.fetchone() is not None

    def block(self, project: str, *, seconds: float, reason: str) -> None:
        """Let nobody send to the project for so long; a longer block that stands already stays."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE notifications_quota
                SET blocked_until = greatest(blocked_until, now() + make_interval(secs => %s)), reason = %s, strikes = strikes + 1
                WHERE project = %s
                """,
                [seconds, reason, project],
            )

    def unblock(self, project: str) -> None:
        """Note that the project answers again."""
        self.filter(project=project, strikes__gt=0).update(strikes=0, reason="", blocked_until=None)


class Quota(models.Model):
    """One Firebase project: messages a second, how far they are spoken for, and until when FCM asked for silence."""

    project = models.CharField(max_length=60, primary_key=True)
    rate = models.FloatField(help_text="Messages a second.")
    tat = models.DateTimeField(help_text="Up to when the rate is spoken for (theoretical arrival time).")
    blocked_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it is blocked, as one plain sentence.")
    strikes = models.PositiveIntegerField(default=0, help_text="Blocks since it last answered.")
    ramp_from = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    objects: ClassVar[QuotaQuerySet] = QuotaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(rate__gt=0), name="quota_rate_is_positive"),)

    def __str__(self) -> str:
        return self.project

    def is_blocked(self, *, at: datetime) -> bool:
        """Tell whether FCM asked for silence until after this instant."""
        return self.blocked_until is not None and self.blocked_until > at
