"""The sending rate of each Firebase project, shared by all workers and machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now

from core.prepared_statements import PreparedStatement
from core.querysets import manager_of
from notifications.models.batch import BATCH_SIZE, CANARY_SIZE

#: Seconds after its end for which a permit may still be used: a worker that stalled for longer has lost it.
PERMIT_GRACE = 1.0
#: Seconds of permits that one minute can hold at the most: its own, the grace before it, and a second of network delay. The rate
#: is the share of the quota over this and not over 60, so that no sliding minute holds more than the share.
_SECONDS_PER_MINUTE = 62.0
#: How far ahead a permit may begin, in seconds: as much as a worker can hold open at once at full rate.
AHEAD = 0.5
#: Seconds that a permit may last. With it a batch at a low rate is settled long before its lease ends.
MAX_PERMIT_SECONDS = 20.0
#: Seconds of the configured rate that a batch may hold, so that an urgent campaign waits for no large batch of another.
_BATCH_SECONDS = 0.25
#: The smallest batch, and the smallest canary. Only a rate below 20 a second takes longer than _BATCH_SECONDS for it.
_SMALLEST_BATCH, _SMALLEST_CANARY = 5, 20
#: Seconds of the configured rate that a canary may hold: at the lowest rate it still ends within a lease.
_CANARY_SECONDS = 0.6
#: A booking that reaches further ahead was made before the database's clock was set back, and counts for nothing.
_CLOCK_STEP = 60.0
#: Seconds from nothing to the full rate: https://firebase.google.com/docs/cloud-messaging/scale-fcm
RAMP_SECONDS = 60.0
#: With ready batches of more installations than these the rate ramps up from nothing.
RAMP_ABOVE = 10_000
#: Seconds without a permit after which the rate has to ramp up again.
_IDLE = 60.0
#: Factor of a slow-down, step of a speed-up and lowest rate, as shares of the configured rate; at most one change a second.
_DOWN, _UP, _LOWEST = 0.67, 0.02, 0.025
#: Messages a second below which no slow-down lowers a rate.
_LOWEST_RATE = 1.0


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission to send `messages` to one project between `starts` and `ends` (Unix time, the database's clock)."""

    project: str
    messages: int
    starts: float
    ends: float
    #: The rate is below the configured one, because FCM was slow.
    slowed: bool
    #: Blocks since the project last accepted a message.
    consecutive_blocks: int

    @property
    def pause(self) -> float:
        """Return the seconds between two messages that spread them evenly over the permit."""
        return (self.ends - self.starts) / self.messages


def configured_rate() -> float:
    """Return the messages a second that the settings allow."""
    return settings.FCM_MESSAGES_PER_MINUTE * settings.FCM_QUOTA_SHARE / _SECONDS_PER_MINUTE


def seconds_to_send(messages: int) -> float:
    """Return how long so many messages to one project take at the configured rate, from an idle start."""
    rate = configured_rate()
    if messages <= RAMP_ABOVE:
        return messages / rate
    in_ramp = rate * RAMP_SECONDS / 2
    if messages <= in_ramp:
        return float((2 * messages * RAMP_SECONDS / rate) ** 0.5)
    return RAMP_SECONDS + (messages - in_ramp) / rate


def _sane(instant: str) -> str:
    """Return SQL for a booked instant, not before now; one that was booked before the clock was set back counts as now."""
    ahead = f"now() + make_interval(secs => {_CLOCK_STEP})"
    return f"CASE WHEN {instant} > {ahead} THEN now() ELSE greatest({instant}, now()) END"


def _sent_until(seconds: str) -> str:
    """Return SQL for the messages sent in so many seconds since the ramp began."""
    return f"""CASE WHEN {seconds} > {RAMP_SECONDS} THEN c.rate * ({seconds} - {RAMP_SECONDS} / 2)
        ELSE c.rate * ({seconds}) ^ 2 / (2 * {RAMP_SECONDS}) END"""


def batch_size() -> int:
    """Return how many installations a batch may hold at the configured rate: 500, or fewer at a low one."""
    return max(_SMALLEST_BATCH, min(BATCH_SIZE, int(configured_rate() * _BATCH_SECONDS)))


def canary_size() -> int:
    """Return how many installations a canary has at the configured rate: 200, or fewer at a low one."""
    return max(_SMALLEST_CANARY, min(CANARY_SIZE, int(configured_rate() * _CANARY_SECONDS)))


# The row holds the instant up to which the rate is booked (a leaky bucket shared by any number of workers). A permit begins
# there, or now, and moves that instant by the time that its messages take. While the rate ramps up from 0 to c in 60 s, c·t²/120
# messages are sent until t; so a permit ends where that has grown by its messages. An urgent campaign need not wait for a long
# permit of another one: its permits follow one another in `urgent_until`, beside at most one such permit.
_PERMIT = PreparedStatement(
    f"""
    UPDATE notifications_quota q SET ramp_from = slot.ramp_from, booked_until = greatest(slot.booked, slot.ends),
        urgent_until = CASE WHEN %(urgent)s THEN slot.ends ELSE q.urgent_until END
    FROM (
        SELECT p.project, begin.at AS starts, ramp.since AS ramp_from, c.rate, n.messages, booked.until AS booked,
            begin.at + make_interval(secs => CASE
                WHEN x.done > {RAMP_SECONDS} / 2 * c.rate THEN {RAMP_SECONDS} + (x.done - {RAMP_SECONDS} / 2 * c.rate) / c.rate
                ELSE sqrt(x.done * 2 * {RAMP_SECONDS} / c.rate)
                END - t.into) AS ends
        FROM notifications_quota p,
            LATERAL (SELECT least(p.rate, %(configured)s::float) AS rate) c,
            LATERAL (SELECT {_sane("p.booked_until")} AS until, {_sane("p.urgent_until")} AS urgent_until) booked,
            LATERAL (SELECT CASE WHEN booked.until <= now() + make_interval(secs => {AHEAD}) THEN booked.until
                WHEN %(urgent)s THEN booked.urgent_until END AS at) begin,
            LATERAL (SELECT CASE
                WHEN p.ramp_from IS NOT NULL AND p.booked_until > now() - make_interval(secs => {_IDLE}) THEN p.ramp_from
                WHEN %(ramp)s THEN begin.at END AS since) ramp,
            LATERAL (SELECT coalesce(extract(epoch FROM begin.at - ramp.since), {RAMP_SECONDS})::float AS into) t,
            LATERAL (SELECT {_sent_until("t.into")} AS before, {_sent_until(f"t.into + {MAX_PERMIT_SECONDS}")} AS at_most) s,
            LATERAL (SELECT greatest(1, least(%(messages)s, floor(s.at_most - s.before)))::integer AS messages) n,
            LATERAL (SELECT s.before + n.messages AS done) x
        WHERE p.project = %(project)s AND (p.blocked_until IS NULL OR p.blocked_until <= now())
            AND begin.at <= now() + make_interval(secs => {AHEAD})
        FOR UPDATE OF p
    ) slot
    WHERE q.project = slot.project
    RETURNING slot.messages, extract(epoch FROM slot.starts), extract(epoch FROM slot.ends), slot.rate, q.consecutive_blocks
    """,  # noqa: S608
    project="text", messages="double precision", ramp="boolean", urgent="boolean", configured="double precision",
)  # fmt: skip


class QuotaQuerySet(models.QuerySet["Quota"]):
    """Permits and blocks, each one statement by the database's clock."""

    def permit(self, project: str, *, messages: int, ramp: bool = False, urgent: bool = False) -> Permit | None:
        """Take a permit for that many messages, or for as many as MAX_PERMIT_SECONDS allow; None when the project is blocked or
        its rate is booked. An urgent one may begin during a long permit of another campaign.

        With `ramp` (there is much to send) the rate rises from nothing over a minute, unless it is rising or up already. After a
        minute without permits, and after a block, it starts again from nothing.
        """
        wanted: dict[str, str | float] = {
            "project": project,
            "messages": messages,
            "ramp": ramp,
            "urgent": urgent,
            "configured": configured_rate(),
        }
        with connection.cursor() as cursor:
            _PERMIT.execute(cursor, wanted)
            row = cursor.fetchone()
            if row is None and self._create(project):
                _PERMIT.execute(cursor, wanted)
                row = cursor.fetchone()
        if row is None:
            return None
        granted, starts, ends, rate, blocks = row
        return Permit(project, granted, float(starts), float(ends), rate < configured_rate(), blocks)

    def _create(self, project: str) -> bool:
        """Create the project's row; return False when there was one."""
        if self.filter(project=project).exists():
            return False
        first = Quota(project=project, rate=configured_rate(), booked_until=Now(), changed_at=Now())
        self.bulk_create([first], ignore_conflicts=True)
        return True

    def give_back(self, permit: Permit, *, unused: int) -> None:
        """Free the part of a permit that no message was sent under."""
        seconds = (permit.ends - permit.starts) * unused / permit.messages
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE notifications_quota SET booked_until = booked_until - make_interval(secs => %s) WHERE project = %s",
                [seconds, permit.project],
            )

    def slow_down(self, project: str) -> None:
        """Lower the rate, because FCM responds slowly or is overloaded; at most once a second."""
        self._change_rate(
            project,
            f"greatest(least(rate, %(configured)s) * {_DOWN}, %(configured)s * {_LOWEST}, least(%(configured)s, {_LOWEST_RATE}))",
        )

    def speed_up(self, project: str) -> None:
        """Raise a lowered rate, because FCM responds well again; at most once a second."""
        self._change_rate(project, f"least(rate + %(configured)s * {_UP}, %(configured)s)")

    def _change_rate(self, project: str, rate: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                UPDATE notifications_quota SET rate = {rate}, changed_at = now()
                WHERE project = %(project)s AND changed_at <= now() - interval '1 second'
                """,  # noqa: S608
                {"project": project, "configured": configured_rate()},
            )

    def block(self, project: str, *, reason: str, seconds: float | None, initial: float, maximum: float) -> None:
        """Block sending to the project for `seconds`, or (None) for `initial` seconds, doubled with each consecutive block.

        Workers that notice the same trouble at once count as one; an existing block is only ever made longer.
        """
        self._create(project)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE notifications_quota
                SET reason = %(reason)s, ramp_from = NULL,
                    consecutive_blocks = consecutive_blocks + (coalesce(blocked_until, '-infinity') <= now())::integer,
                    blocked_until = greatest(blocked_until, CASE
                        WHEN %(seconds)s::float IS NOT NULL THEN now() + make_interval(secs => %(seconds)s::float)
                        WHEN blocked_until > now() THEN blocked_until
                        -- Up to a seventh more, so that several projects do not return in the same instant.
                        ELSE now() + make_interval(secs => (1 + 0.15 * random())
                            * least(%(initial)s::float * 2 ^ least(consecutive_blocks, 20), %(maximum)s::float))
                        END)
                WHERE project = %(project)s
                """,
                {"project": project, "reason": reason, "seconds": seconds, "initial": initial, "maximum": maximum},
            )

    def clear_blocks(self, project: str) -> None:
        """Forget earlier blocks that are over, because FCM has accepted a message."""
        over = self.filter(project=project).filter(Q(blocked_until=None) | Q(blocked_until__lte=Now()))
        over.update(consecutive_blocks=0, reason="")


class Quota(models.Model):
    """One Firebase project: its rate, how far ahead it is booked, and until when FCM asked for no requests."""

    project = models.CharField(max_length=60, primary_key=True)
    rate = models.FloatField(help_text="Messages a second; below the configured rate after FCM was slow.")
    booked_until = models.DateTimeField(help_text="Permits are given out up to this instant (a leaky bucket).")
    urgent_until = models.DateTimeField(null=True, blank=True, help_text="The same for permits of urgent campaigns alone.")
    blocked_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it is blocked, as one sentence.")
    consecutive_blocks = models.PositiveIntegerField(default=0, help_text="Blocks since FCM last accepted a message.")
    ramp_from = models.DateTimeField(null=True, blank=True, help_text="When the rate began to rise from nothing.")
    changed_at = models.DateTimeField(help_text="When the rate was last lowered or raised.")

    objects: ClassVar[QuotaQuerySet] = manager_of(QuotaQuerySet)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(rate__gt=0), name="quota_rate_is_positive"),)

    def __str__(self) -> str:
        return self.project
