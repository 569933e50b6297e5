"""What one Firebase project may be asked for, shared by all workers and machines."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now


class QuotaQuerySet(models.QuerySet["Quota"]):
    """Permits and blocks, each one statement by the database's clock."""

    def permit(self, project: str, *, messages: int) -> int | None:
        """Take a permit for so many messages; None when the project is blocked or ahead of its rate, else its strikes.

        The row keeps the instant up to which the rate is spoken for (a leaky bucket that any number of workers share); a permit
        moves it on by the time that the messages take at that rate.
        """
        rate = settings.FCM_MESSAGES_PER_MINUTE * settings.FCM_QUOTA_SHARE / 60
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO notifications_quota AS q (project, rate, tat, changed_at, strikes, reason)
                VALUES (%(project)s, %(rate)s, now() + make_interval(secs => %(seconds)s), now(), 0, '')
                ON CONFLICT (project) DO UPDATE
                SET tat = greatest(q.tat, now()) + make_interval(secs => %(seconds)s), rate = %(rate)s
                WHERE (q.blocked_until IS NULL OR q.blocked_until <= now()) AND q.tat <= now() + interval '1 second'
                RETURNING q.strikes
                """,
                {"project": project, "rate": rate, "seconds": messages / rate},
            )
            row = cursor.fetchone()
        return int(row[0]) if row else None

    def block(self, project: str, *, reason: str, seconds: float | None, first: float, longest: float) -> None:
        """Let nobody send to the project for so many seconds, or (None) for `first`, doubled with each block in a row.

        Workers that notice the same trouble at once count as one; a block that stands already is only ever made longer.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE notifications_quota
                SET reason = %(reason)s,
                    strikes = strikes + (coalesce(blocked_until, '-infinity') <= now())::integer,
                    blocked_until = greatest(blocked_until, CASE
                        WHEN %(seconds)s::float IS NOT NULL THEN now() + make_interval(secs => %(seconds)s::float)
                        WHEN blocked_until > now() THEN blocked_until
                        -- Up to a seventh more, so that not all of several projects come back in the same instant.
                        ELSE now() + make_interval(secs => (1 + 0.15 * random())
                            * least(%(first)s::float * 2 ^ least(strikes, 20), %(longest)s::float))
                        END)
                WHERE project = %(project)s
                """,
                {"project": project, "reason": reason, "seconds": seconds, "first": first, "longest": longest},
            )

    def answers_again(self, project: str) -> None:
        """Forget earlier blocks that are over, now that FCM has accepted something."""
        self.filter(project=project).filter(Q(blocked_until=None) | Q(blocked_until__lte=Now())).update(strikes=0, reason="")


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
