"""What one Firebase project may be asked for, shared by all workers and machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now

#: A permit is void so many seconds after its end: whoever stalled for longer has lost it.
VOID_AFTER = 1.0
#: Seconds of permits that one minute can hold at the most: its own, what was stalled before it, and a network's second. The rate
#: is the share of the quota over this and not over 60, so that no sliding minute holds more than the share.
_SECONDS_A_MINUTE = 62.0
#: How far ahead a permit may begin: what a worker can hold open at once at full rate.
_AHEAD = 0.5
#: Seconds from nothing to the full rate: https://firebase.google.com/docs/cloud-messaging/scale-fcm
RAMP = 60.0
#: Seconds of silence after which FCM has to be warmed up again.
_IDLE = 60.0
#: Slower by a third at a sign of trouble, faster by a fiftieth of the whole when all is well; at most one of them a second.
_DOWN, _UP, _LEAST = 0.67, 0.02, 0.01


@dataclass(frozen=True, slots=True)
class Permit:
    """So many messages to a project from one instant to another, by the database's clock in seconds since 1970."""

    project: str
    messages: int
    starts: float
    ends: float
    #: Slower than the settings allow, because FCM was.
    slowed: bool
    #: Blocks since the project last accepted something.
    strikes: int

    @property
    def pause(self) -> float:
        """Return the seconds between two messages that spread them over the permit."""
        return (self.ends - self.starts) / self.messages


def limit() -> float:
    """Return the messages a second that the settings allow."""
    return settings.FCM_MESSAGES_PER_MINUTE * settings.FCM_QUOTA_SHARE / _SECONDS_A_MINUTE


# The row keeps the instant up to which the rate is spoken for (a leaky bucket that any number of workers share); a permit begins
# there, or now, and moves it on by the time that its messages take. While the rate ramps up from 0 to c in 60 s, c·t²/120
# messages go until t; so the end of a permit is where that has grown by its messages.
_PERMIT = f"""
    UPDATE notifications_quota q SET tat = slot.tat, ramp_from = slot.ramp_from
    FROM (
        SELECT p.project, begin.at AS starts, ramp.since AS ramp_from, c.rate,
            begin.at + make_interval(secs => CASE
                WHEN x.done > 30 * c.rate THEN {RAMP} + (x.done - 30 * c.rate) / c.rate ELSE sqrt(x.done * 2 * {RAMP} / c.rate)
                END - t.into) AS tat
        FROM notifications_quota p,
            LATERAL (SELECT least(p.rate, %(limit)s::float) AS rate) c,
            LATERAL (SELECT greatest(p.tat, now()) AS at) begin,
            LATERAL (SELECT CASE
                WHEN p.ramp_from IS NOT NULL AND p.tat > now() - make_interval(secs => {_IDLE}) THEN p.ramp_from
                WHEN %(ramp)s THEN begin.at END AS since) ramp,
            LATERAL (SELECT coalesce(extract(epoch FROM begin.at - ramp.since), {RAMP})::float AS into) t,
            LATERAL (SELECT %(messages)s + CASE
                WHEN t.into > {RAMP} THEN c.rate * (t.into - {RAMP} / 2) ELSE c.rate * t.into ^ 2 / (2 * {RAMP}) END AS done) x
        WHERE p.project = %(project)s AND (p.blocked_until IS NULL OR p.blocked_until <= now())
            AND p.tat <= now() + make_interval(secs => {_AHEAD})
        FOR UPDATE OF p
    ) slot
    WHERE q.project = slot.project
    RETURNING extract(epoch FROM slot.starts), extract(epoch FROM slot.tat), slot.rate, q.strikes
"""  # noqa: S608


class QuotaQuerySet(models.QuerySet["Quota"]):
    """Permits and blocks, each one statement by the database's clock."""

    def permit(self, project: str, *, messages: int, ramp: bool = False) -> Permit | None:
        """Take a permit for so many messages; None when the project is blocked or its rate is spoken for.

        With `ramp` (there is a lot to send) the rate rises from nothing over a minute, if it is not on its way or up already;
        after a minute of silence and after a block it begins anew.
        """
        asked: dict[str, str | float] = {"project": project, "messages": messages, "ramp": ramp, "limit": limit()}
        with connection.cursor() as cursor:
            cursor.execute(_PERMIT, asked)
            row = cursor.fetchone()
            if row is None and not self.filter(project=project).exists():
                now = Now()
                self.bulk_create([Quota(project=project, rate=limit(), tat=now, changed_at=now)], ignore_conflicts=True)
                cursor.execute(_PERMIT, asked)
                row = cursor.fetchone()
        if row is None:
            return None
        starts, ends, rate, strikes = row
        return Permit(project, messages, float(starts), float(ends), rate < limit(), strikes)

    def give_back(self, permit: Permit, *, unused: int) -> None:
        """Let others have what nobody was sent under a permit."""
        seconds = (permit.ends - permit.starts) * unused / permit.messages
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE notifications_quota SET tat = tat - make_interval(secs => %s) WHERE project = %s",
                [seconds, permit.project],
            )

    def slow_down(self, project: str) -> None:
        """Lower the rate, since FCM answers slowly or that it is overloaded; at most once a second."""
        self._step(project, f"greatest(least(rate, %(limit)s) * {_DOWN}, %(limit)s * {_LEAST})")

    def speed_up(self, project: str) -> None:
        """Raise a lowered rate again, now that FCM answers well; at most once a second."""
        self._step(project, f"least(rate + %(limit)s * {_UP}, %(limit)s)")

    def _step(self, project: str, rate: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                UPDATE notifications_quota SET rate = {rate}, changed_at = now()
                WHERE project = %(project)s AND changed_at <= now() - interval '1 second'
                """,  # noqa: S608
                {"project": project, "limit": limit()},
            )

    def block(self, project: str, *, reason: str, seconds: float | None, first: float, longest: float) -> None:
        """Let nobody send to the project for so many seconds, or (None) for `first`, doubled with each block in a row.

        Workers that notice the same trouble at once count as one; a block that stands already is only ever made longer.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE notifications_quota
                SET reason = %(reason)s, ramp_from = NULL,
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
    rate = models.FloatField(help_text="Messages a second; below what the settings allow after FCM slowed down.")
    tat = models.DateTimeField(help_text="Up to when the rate is spoken for (theoretical arrival time).")
    blocked_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it is blocked, as one plain sentence.")
    strikes = models.PositiveIntegerField(default=0, help_text="Blocks since it last answered.")
    ramp_from = models.DateTimeField(null=True, blank=True, help_text="When the rate began to rise from nothing.")
    changed_at = models.DateTimeField(help_text="When the rate was last lowered or raised.")

    objects: ClassVar[QuotaQuerySet] = QuotaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(rate__gt=0), name="quota_rate_is_positive"),)

    def __str__(self) -> str:
        return self.project
