"""Up to 500 installations of a wave: the unit that a worker claims, sends and settles."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models import F, Func, IntegerField, Q

from notifications.models.brake import IDENTITY_SQL
from notifications.models.wave import Wave

BATCH_SIZE = 500
LEASE = timedelta(seconds=45)
#: A batch that was claimed so often without being settled takes its worker down with it; a person has to look.
MOST_CLAIMS = 3


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
    #: (segment, ticket, address digest) of those whose address is gone.
    gone: list[tuple[int, int, str]]
    #: Seconds to leave the batch alone.
    wait: float


# What may be claimed: ready or abandoned, of a campaign that may send, as long as no brake is on and this is still the database
# that the brake knows. Each claim looks at it all again in the statement that takes the batch.
_CLAIMABLE = f"""
    notifications_batch b
    JOIN notifications_wave w ON w.id = b.wave_id
    JOIN notifications_campaign c ON c.id = w.campaign_id AND c.state = 'sending' AND c.not_after > now()
    JOIN notifications_brake k ON k.campaign_id = c.id AND k.state = 'go'
    WHERE EXISTS (SELECT 1 FROM notifications_brake WHERE campaign_id IS NULL AND state = 'go' AND database = ({IDENTITY_SQL}))
"""  # noqa: S608
_READY = "b.state = 'open' AND b.ready_at <= now()"
_ABANDONED = f"b.state = 'claimed' AND b.lease_until < now() AND b.claims < {MOST_CLAIMS}"


class BatchQuerySet(models.QuerySet["Batch"]):
    """Claim and settle."""

    def projects_waiting(self) -> list[str]:
        """Return the Firebase projects that have something to be claimed now."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT project FROM (SELECT DISTINCT project FROM notifications_wave WHERE segments <> '{{}}') p
                WHERE EXISTS (SELECT 1 FROM {_CLAIMABLE} AND w.project = p.project AND {_READY})
                   OR EXISTS (SELECT 1 FROM {_CLAIMABLE} AND w.project = p.project AND {_ABANDONED})
                """  # noqa: S608
            )
            return [row[0] for row in cursor.fetchall()]

    def claim(self, project: str) -> Claim | None:
        """Take one batch of the project under a lease of 45 s, an abandoned one first; None when there is none."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH abandoned AS (
                    SELECT b.id FROM {_CLAIMABLE} AND w.project = %(project)s AND {_ABANDONED}
                    ORDER BY b.lease_until LIMIT 1 FOR UPDATE OF b SKIP LOCKED
                ), ready AS (
                    SELECT b.id FROM {_CLAIMABLE} AND w.project = %(project)s AND {_READY}
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
                {"project": project, "lease": LEASE.total_seconds()},
            )
            row = cursor.fetchone()
        if row is None:
            return None
        identity, campaign, wave, fence, claims, n, *place, later, unsure, tally, tries, known, lease_until, not_after = row
        return Claim(
            id=identity, campaign_id=campaign, wave_id=wave, fence=fence, claims=claims, n=n,
            range=(place[0], place[1], place[2], place[3]), later=frozenset(later), unsure=frozenset(unsure),
            tally=json.loads(tally), tries=tries, fresh=known == 0, lease_until=float(lease_until), not_after=float(not_after),
        )  # fmt: skip

    def give_back(self, claim: Claim) -> None:
        """Put a batch back of which nobody was sent anything by this claim."""
        self.filter(pk=claim.id, fence=claim.fence, state=BatchState.CLAIMED).update(
            state=BatchState.OPEN, lease_until=None, claims=F("claims") - 1
        )

    @transaction.atomic
    def settle(self, claim: Claim, result: Settlement) -> bool:
        """Write down once what became of a claimed batch; False, and nothing written, when the claim is no longer ours."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE notifications_batch b
                SET state = CASE WHEN %(left)s THEN 'open' ELSE 'done' END, lease_until = NULL, claims = 0,
                    tries = tries + %(left)s::integer, ready_at = now() + make_interval(secs => %(wait)s),
                    accepted = accepted + %(accepted)s, rejected = rejected + %(rejected)s,
                    unknown = unknown + %(unknown)s, skipped = skipped + %(skipped)s,
                    later = %(later)s, unsure = %(unsure)s, tally = %(tally)s::jsonb
                WHERE id = %(id)s AND fence = %(fence)s AND state = 'claimed' AND lease_until > now()
                """,
                {
                    "id": claim.id, "fence": claim.fence, "left": bool(result.later or result.unsure), "wait": result.wait,
                    "accepted": result.accepted, "rejected": result.rejected, "unknown": result.unknown,
                    "skipped": result.skipped, "later": result.later, "unsure": result.unsure, "tally": json.dumps(result.tally),
                },
            )  # fmt: skip
            if cursor.rowcount == 0:
                return False
            if result.gone:
                # Only if the address is still the one that failed: the installation may have brought a new one meanwhile.
                segments, tickets, digests = zip(*result.gone, strict=True)
                cursor.execute(
                    """
                    UPDATE notifications_registration r SET gone_at = now()
                    FROM unnest(%s::integer[], %s::bigint[], %s::text[]) AS failed(segment, ticket, digest)
                    WHERE r.segment_id = failed.segment AND r.ticket = failed.ticket
                        AND r.address_digest = failed.digest AND r.gone_at IS NULL
                    """,
                    [list(segments), list(tickets), list(digests)],
                )
        return True


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
    tally = models.JSONField(default=dict, help_text="Message id to outcome to number.")
    later = ArrayField(models.BigIntegerField(), default=list)
    unsure = ArrayField(models.BigIntegerField(), default=list)

    objects: ClassVar[BatchQuerySet] = BatchQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "batches"
        indexes = (
            models.Index(fields=["ready_at", "id"], condition=Q(state="open"), name="batch_open"),
            models.Index(fields=["lease_until"], condition=Q(state="claimed"), name="batch_claimed"),
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
