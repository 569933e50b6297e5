"""Up to 500 installations of a wave: the unit that a worker claims, sends and settles."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models import F, Func, IntegerField, Q
from django.db.models.functions import Now

from notifications.models.brake import IDENTITY_SQL
from notifications.models.campaign import Campaign, most_marked
from notifications.models.wave import Wave

BATCH_SIZE = 500
LEASE = timedelta(seconds=45)
#: A batch that was claimed so often without being settled takes its worker down with it; a person has to look.
MOST_CLAIMS = 3
#: Seconds before its instant at which senders are awake for a wave: a tick a second, and the way through the broker.
WAKE_AHEAD = 2.5
#: More ready batches than these, 10,000 installations, and the rate rises slowly.
MANY = 20

_logger = logging.getLogger(__name__)


class BatchState(models.TextChoices):
    """Where a batch is; no lifecycle with an audit, it changes many times a second."""

    #: Waits for its time.
    OPEN = "open"
    #: A worker has it, until the lease ends.
    CLAIMED = "claimed"
    #: Every installation in it has an outcome.
    DONE = "done"


class Length(Func):
    """Number of elements of an array, 0 for an empty one."""

    function = "CARDINALITY"
    output_field = IntegerField()


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A batch in the hands of one worker, as plain values. Instants are the database's, in seconds since 1970."""

    id: int
    campaign_id: int
    wave_id: int
    fence: int
    claims: int
    n: int
    range: tuple[int, int, int, int]
    later: frozenset[int]
    unsure: frozenset[int]
    #: Message id to outcome to number, so far.
    tally: dict[str, dict[str, int]]
    #: Never settled: the whole range is to be read.
    fresh: bool
    tries: int
    lease_until: float
    not_after: float

    @property
    def number(self) -> int:
        """Return how many installations are to be sent to."""
        return self.n if self.fresh else len(self.later) + len(self.unsure)


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What became of everybody in a claimed batch: added to its counts, or left to be tried again."""

    accepted: int
    rejected: int
    unknown: int
    skipped: int
    #: The claim's, with this added.
    tally: dict[str, dict[str, int]]
    later: list[int]
    unsure: list[int]
    #: (segment, ticket, address digest, why) of those whose address FCM does not know, or does not take for one.
    gone: list[tuple[int, int, str, str]]
    #: Seconds to leave the batch alone.
    wait: float


# Whose batches may be claimed: of a campaign that may send, as long as no brake is on and this is still the database that the
# brake knows. Each claim looks at it all again in the statement that takes the batch. A wave is `held` until its canary has been
# judged and found good: until then nothing of it goes but the canary.
_WAVES = f"""
    SELECT w.id, w.project, EXISTS (
        SELECT 1 FROM notifications_batch k
        WHERE k.wave_id = w.id AND k.canary AND NOT (k.state = 'done' AND k.gone * 2 <= k.n)) AS held
    FROM notifications_wave w
    JOIN notifications_campaign c ON c.id = w.campaign_id AND c.state = 'sending' AND c.not_after > now()
    JOIN notifications_brake s ON s.campaign_id = c.id AND s.state = 'go'
    WHERE w.segments <> '{{}}' AND w.due_at <= now() + make_interval(secs => %(ahead)s)
        AND EXISTS (SELECT 1 FROM notifications_brake WHERE campaign_id IS NULL AND state = 'go' AND database = ({IDENTITY_SQL}))
"""  # noqa: S608
_READY = """
    b.state = 'open' AND (b.canary OR NOT w.held)
    AND b.ready_at <= now() + CASE WHEN b.tries = 0 THEN make_interval(secs => %(ahead)s) ELSE '0' END
"""
_ABANDONED = f"b.state = 'claimed' AND b.lease_until < now() AND b.claims < {MOST_CLAIMS}"


class BatchQuerySet(models.QuerySet["Batch"]):
    """Claim and settle."""

    def projects_waiting(self, *, ahead: float = 0.0) -> dict[str, int]:
        """Return the Firebase projects that have something to be claimed now, each with how much: batches, 21 at the most.

        With `ahead` also what begins within so many seconds.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH w AS MATERIALIZED ({_WAVES})
                SELECT p.project, (
                    SELECT count(*) FROM (
                        SELECT 1 FROM notifications_batch b JOIN w ON w.id = b.wave_id AND w.project = p.project
                        WHERE {_READY} LIMIT {MANY + 1}) ready
                ) + (
                    SELECT count(*) FROM notifications_batch b JOIN w ON w.id = b.wave_id AND w.project = p.project
                    WHERE {_ABANDONED})
                FROM (SELECT DISTINCT project FROM w) p
                """,  # noqa: S608
                {"ahead": ahead},
            )
            return {project: batches for project, batches in cursor.fetchall() if batches}

    def claim(self, project: str) -> Claim | None:
        """Take one batch of the project under a lease of 45 s, an abandoned one first; None when there is none."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH w AS MATERIALIZED ({_WAVES} AND w.project = %(project)s), abandoned AS (
                    SELECT b.id FROM notifications_batch b JOIN w ON w.id = b.wave_id WHERE {_ABANDONED}
                    ORDER BY b.lease_until LIMIT 1 FOR UPDATE OF b SKIP LOCKED
                ), ready AS (
                    SELECT b.id FROM notifications_batch b JOIN w ON w.id = b.wave_id WHERE {_READY}
                        AND NOT EXISTS (SELECT 1 FROM abandoned)
                    ORDER BY b.ready_at, b.id LIMIT 1 FOR UPDATE OF b SKIP LOCKED
                )
                UPDATE notifications_batch b
                SET state = 'claimed', fence = fence + 1, claims = claims + 1,
                    lease_until = now() + make_interval(secs => %(lease)s)
                FROM notifications_wave w, notifications_campaign c
                WHERE b.id IN (SELECT id FROM abandoned UNION ALL SELECT id FROM ready)
                    AND w.id = b.wave_id AND c.id = w.campaign_id
                RETURNING b.id, c.id, b.wave_id, b.fence, b.claims, b.n, b.from_segment, b.from_ticket, b.to_segment, b.to_ticket,
                    b.later, b.unsure, b.tally, b.tries,
                    b.accepted + b.rejected + b.unknown + b.skipped + cardinality(b.later) + cardinality(b.unsure),
                    extract(epoch FROM b.lease_until), extract(epoch FROM c.not_after)
                """,  # noqa: S608
                {"project": project, "lease": LEASE.total_seconds(), "ahead": 0.0},
            )
            row = cursor.fetchone()
        if row is None:
            return None
        identity, campaign, wave, fence, claims, n, *place, later, unsure, tally, tries, known, lease, not_after = row
        return Claim(
            id=identity, campaign_id=campaign, wave_id=wave, fence=fence, claims=claims, n=n,
            range=(place[0], place[1], place[2], place[3]), later=frozenset(later), unsure=frozenset(unsure),
            tally=json.loads(tally), tries=tries, fresh=known == 0, lease_until=float(lease), not_after=float(not_after),
        )  # fmt: skip

    def unjudged(self, campaign: Campaign) -> bool:
        """Tell whether the first installations of a wave that has begun are not through."""
        begun = self.filter(wave__campaign=campaign, canary=True, ready_at__lte=Now())
        return begun.exclude(state=BatchState.DONE).exists()

    def canaries_gone(self, campaign: Campaign) -> bool:
        """Tell whether more than half of the first installations of a wave are gone."""
        judged = self.filter(wave__campaign=campaign, canary=True, state=BatchState.DONE)
        return judged.filter(gone__gt=F("n") / 2).exists()

    def give_back(self, claim: Claim) -> None:
        """Put a batch back of which nobody was sent anything by this claim."""
        self.filter(pk=claim.id, fence=claim.fence, state=BatchState.CLAIMED).update(
            state=BatchState.OPEN, lease_until=None, claims=F("claims") - 1
        )

    def settle(self, claim: Claim, result: Settlement) -> bool:
        """Write down once what became of a claimed batch; False, and nothing written, when the claim is no longer ours."""
        with transaction.atomic(), connection.cursor() as cursor:
            # The campaign's row first: whoever resumes a campaign locks in this order too.
            before, limit = _count_gone(cursor, claim, len(result.gone)) if result.gone else (0, 0)
            cursor.execute(
                """
                UPDATE notifications_batch b
                SET state = CASE WHEN %(left)s THEN 'open' ELSE 'done' END, lease_until = NULL, claims = 0,
                    tries = tries + %(left)s::integer, ready_at = now() + make_interval(secs => %(wait)s),
                    accepted = accepted + %(accepted)s, rejected = rejected + %(rejected)s,
                    unknown = unknown + %(unknown)s, skipped = skipped + %(skipped)s, gone = gone + %(gone)s,
                    later = %(later)s, unsure = %(unsure)s, tally = %(tally)s::jsonb
                WHERE id = %(id)s AND fence = %(fence)s AND state = 'claimed' AND lease_until > now()
                """,
                {
                    "id": claim.id, "fence": claim.fence, "left": bool(result.later or result.unsure), "wait": result.wait,
                    "accepted": result.accepted, "rejected": result.rejected, "unknown": result.unknown,
                    "skipped": result.skipped, "later": result.later, "unsure": result.unsure, "gone": len(result.gone),
                    "tally": json.dumps(result.tally),
                },
            )  # fmt: skip
            if cursor.rowcount == 0:
                transaction.set_rollback(True)
                return False
            # Where most of a batch are gone it is not the addresses that are wrong.
            if len(result.gone) * 2 <= claim.n:
                _take_off_the_list(cursor, result.gone[: max(0, limit - before)])
        if before <= limit < before + len(result.gone):
            _logger.error(
                "Campaign %s: FCM calls more than %s of its installations gone; no more are marked.", claim.campaign_id, limit
            )
        return True


def _count_gone(cursor: Any, claim: Claim, number: int) -> tuple[int, int]:
    """Count further installations that FCM calls gone; return how many there were before, and how many may be marked at all."""
    cursor.execute(
        "UPDATE notifications_campaign SET gone = gone + %s WHERE id = %s RETURNING gone, devices", [number, claim.campaign_id]
    )
    gone, devices = cursor.fetchone()
    return gone - number, most_marked(devices)


def _take_off_the_list(cursor: Any, gone: list[tuple[int, int, str, str]]) -> None:
    """Mark registrations gone, each only if its address is still the one that failed: it may have brought a new one since."""
    if not gone:
        return
    segments, tickets, digests, reasons = zip(*gone, strict=True)
    cursor.execute(
        """
        UPDATE notifications_registration r SET gone_at = now(), gone_because = failed.reason
        FROM unnest(%s::integer[], %s::bigint[], %s::text[], %s::text[]) AS failed(segment, ticket, digest, reason)
        WHERE r.segment_id = failed.segment AND r.ticket = failed.ticket
            AND r.address_digest = failed.digest AND r.gone_at IS NULL
        """,
        [list(segments), list(tickets), list(digests), list(reasons)],
    )


class Batch(models.Model):
    """A range of (segment, ticket), both ends included, and what became of it, in numbers.

    Before the first settlement nothing is known of anybody in the range. After it every one of the n is counted, or stands in
    `later` (surely not accepted) or `unsure` (perhaps accepted) by ticket; whoever has moved meanwhile has another ticket.
    """

    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, related_name="batches")
    from_segment = models.IntegerField()
    from_ticket = models.BigIntegerField()
    to_segment = models.IntegerField()
    to_ticket = models.BigIntegerField()
    n = models.PositiveSmallIntegerField()
    canary = models.BooleanField(default=False, db_default=False, help_text="Goes first and alone; the campaign is judged by it.")

    state = models.CharField(max_length=7, choices=BatchState.choices, default=BatchState.OPEN)
    ready_at = models.DateTimeField(help_text="Not to be claimed before.")
    lease_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0, help_text="Counts the claims; a settlement of an earlier one is void.")
    claims = models.PositiveSmallIntegerField(default=0, help_text="Claims since the last settlement.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Settlements that left something to do.")

    accepted = models.PositiveSmallIntegerField(default=0)
    rejected = models.PositiveSmallIntegerField(default=0)
    unknown = models.PositiveSmallIntegerField(default=0)
    skipped = models.PositiveSmallIntegerField(default=0)
    gone = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Of the rejected: whose address FCM does not know."
    )
    tally = models.JSONField(default=dict, help_text="Message id to outcome to number.")
    later = ArrayField(models.BigIntegerField(), default=list)
    unsure = ArrayField(models.BigIntegerField(), default=list)

    objects: ClassVar[BatchQuerySet] = BatchQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "batches"
        indexes = (
            models.Index(fields=["ready_at", "id"], condition=Q(state="open"), name="batch_open"),
            models.Index(fields=["lease_until"], condition=Q(state="claimed"), name="batch_claimed"),
            models.Index(fields=["wave"], condition=Q(canary=True), name="batch_canary"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state"),
            models.CheckConstraint(condition=Q(n__gte=1, n__lte=BATCH_SIZE), name="batch_size"),
            models.CheckConstraint(condition=Q(state="claimed") ^ Q(lease_until=None), name="batch_lease_while_claimed"),
            models.CheckConstraint(
                # All or nothing: a batch that is half counted would lose or double somebody.
                condition=Q(n=F("accepted") + F("rejected") + F("unknown") + F("skipped") + Length("later") + Length("unsure"))
                | Q(accepted=0, rejected=0, unknown=0, skipped=0, later=[], unsure=[]),
                name="batch_counts_add_up",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(n=F("accepted") + F("rejected") + F("unknown") + F("skipped")),
                name="batch_done_is_done",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk} of wave {self.wave_id}: {self.state}"
