"""Claim a batch under a lease, and settle it once: the only code that writes a batch's outcomes while a campaign is sending.

A claim is one statement by the database's clock. A settlement is one transaction, and void when the lease has ended or another
worker has claimed the batch since.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F
from psycopg.errors import LockNotAvailable

from core.prepared_statements import PreparedStatement
from notifications.delivery import holders
from notifications.models.batch import ABANDONED, DUE, LEASE, SENDABLE_WAVES, Batch, BatchState, ready
from notifications.models.campaign import URGENT, max_marked_gone
from notifications.models.quota import AHEAD, RAMP_ABOVE, batch_size

#: Seconds before a wave is due at which workers are awake for it: one tick a second, and the way through the broker.
WAKE_AHEAD = 2.5
#: Share of the claims in which campaigns that are not urgent take part while urgent ones wait: they go on, slowly.
SHARE_OF_OTHERS = 0.1

#: How long a settlement waits for a lock, and for one statement: far less than its lease, which others wait for.
_TIMEOUTS = ("1s", "10s")
#: How long a settlement waits for a campaign's row that was locked within so many seconds: meanwhile the worker settles and
#: claims nothing else.
_LOCKED_TIMEOUT, _LOCKED_FOR = "10ms", 5.0
#: By campaign whose row could not be locked: until when it is hardly waited for (monotonic clock).
_locked_until: dict[int, float] = {}

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One worker's claim on a batch, as plain values. Instants are Unix times by the database's clock."""

    id: int
    campaign_id: int
    wave_id: int
    urgent: bool
    fence: int
    #: Claims since the last settlement, this one included.
    claims: int
    size: int
    #: (from segment, from ticket, to segment, to ticket), both ends included.
    range: tuple[int, int, int, int]
    retry_tickets: frozenset[int]
    uncertain_tickets: frozenset[int]
    #: Message id to outcome to number, so far.
    tally: dict[str, dict[str, int]]
    #: Never settled: the worker reads the whole range.
    fresh: bool
    canary: bool
    #: Its wave had a canary, and this batch is not the one that decides.
    after_canary: bool
    #: The first canary of its wave failed, and a second group decides or has decided.
    first_failed: bool
    tries: int
    device_tries: int
    lease_until: float
    not_after: float

    @property
    def remaining(self) -> int:
        """Return how many installations are still to be sent to."""
        return self.size if self.fresh else len(self.retry_tickets) + len(self.uncertain_tickets)


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """The outcomes of one claim: counts to add to the batch's, and tickets that are to be tried again."""

    accepted: int
    rejected: int
    unknown: int
    skipped: int
    #: The claim's tally with these outcomes added.
    tally: dict[str, dict[str, int]]
    retry_tickets: list[int]
    uncertain_tickets: list[int]
    #: (segment, ticket, address digest, reason) of each installation whose address FCM does not know or does not accept.
    gone: list[tuple[int, int, str, str]]
    #: Those of them that may be marked gone; the others are only counted.
    mark: list[tuple[int, int, str, str]]
    #: Seconds before the batch may be claimed again.
    wait: float
    #: A device failed by itself, while FCM accepted others.
    device_failed: bool = False


@cache
def _waiting(most: int) -> PreparedStatement:
    """Return the statement that counts at most so many claimable batches of each project."""
    # The number stands in the statement: PostgreSQL plans a limit that it does not know for a tenth of all rows.
    return PreparedStatement(
        f"""
        WITH w AS MATERIALIZED ({SENDABLE_WAVES})
        SELECT p.project, (
            SELECT count(*) FROM (
                SELECT 1 FROM w, LATERAL {ready(f"{most:d}")} ready
                WHERE w.project = p.project LIMIT {most:d}) all_ready
        ) + (
            SELECT count(*) FROM notifications_batch b JOIN w ON w.id = b.wave_id AND w.project = p.project
            WHERE {ABANDONED})
        FROM (SELECT DISTINCT project FROM w) p
        """,  # noqa: S608
        ahead="double precision",
    )


_CLAIM = PreparedStatement(
    f"""
    WITH all_waves AS ({SENDABLE_WAVES} AND w.project = %(project)s AND w.campaign_id <> ALL(%(without)s)
    ), w AS MATERIALIZED (
        SELECT * FROM all_waves WHERE NOT EXISTS (
            SELECT 1 FROM notifications_quota q WHERE q.project = %(project)s AND (q.blocked_until > now()
                OR NOT all_waves.urgent AND q.booked_until > now() + make_interval(secs => {AHEAD})
                    AND q.booked_until < now() + interval '1 minute'))
    ), abandoned AS (
        SELECT b.id FROM notifications_batch b JOIN w ON w.id = b.wave_id WHERE {ABANDONED}
        ORDER BY w.urgent DESC, b.lease_until LIMIT 1 FOR UPDATE OF b SKIP LOCKED
    ), claimable AS MATERIALIZED (
        SELECT w.id, w.campaign_id, w.urgent, w.held, first.ready_at
        FROM w, LATERAL {ready("1")} first
        WHERE NOT EXISTS (SELECT 1 FROM abandoned)
    ), lot AS MATERIALIZED (
        SELECT random() < {SHARE_OF_OTHERS} AS for_others
    ), drawn AS MATERIALIZED (
        SELECT campaign_id FROM (SELECT DISTINCT campaign_id, urgent FROM claimable) campaigns, lot
        ORDER BY (urgent <> lot.for_others) DESC, random() LIMIT 1
    ), chosen AS MATERIALIZED (
        SELECT c.id, c.held FROM claimable c JOIN drawn USING (campaign_id) ORDER BY c.ready_at, c.id LIMIT 1
    ), ready AS (
        SELECT b.id FROM notifications_batch b
        WHERE b.wave_id = (SELECT id FROM chosen) AND (b.canary OR NOT (SELECT held FROM chosen)) AND {DUE}
        ORDER BY b.ready_at, b.id LIMIT 1 FOR UPDATE OF b SKIP LOCKED
    )
    UPDATE notifications_batch b
    SET state = 'claimed', fence = fence + 1, claims = claims + 1,
        lease_until = now() + make_interval(secs => %(lease)s), holder = %(holder)s, holder_fence = fence + 1
    FROM notifications_wave w, notifications_campaign c
    WHERE b.id IN (SELECT id FROM abandoned UNION ALL SELECT id FROM ready)
        AND w.id = b.wave_id AND c.id = w.campaign_id
    RETURNING b.id, c.id, b.wave_id, {URGENT}, b.fence, b.claims, b.size,
        b.from_segment, b.from_ticket, b.to_segment, b.to_ticket,
        b.retry_tickets, b.uncertain_tickets, b.tally, b.canary,
        NOT b.canary AND w.canary <> '{{}}', w.first_failure <> '', b.tries, b.device_tries,
        b.accepted + b.rejected + b.unknown + b.skipped
            + cardinality(b.retry_tickets) + cardinality(b.uncertain_tickets),
        extract(epoch FROM b.lease_until), extract(epoch FROM c.not_after)
    """,  # noqa: S608
    project="text", without="bigint[]", lease="double precision", holder="uuid", ahead="double precision",
)  # fmt: skip


def ramp_above_batches() -> int:
    """Return how many full batches hold RAMP_ABOVE installations."""
    return RAMP_ABOVE // batch_size()


def waiting_projects(*, ahead: float = 0.0) -> dict[str, int]:
    """Return the Firebase projects with claimable batches, and how many each has: `ramp_above_batches()` + 1 at the most.

    With `ahead` also counts batches whose wave is due within that many seconds.
    """
    with connection.cursor() as cursor:
        _waiting(ramp_above_batches() + 1).execute(cursor, {"ahead": ahead})
        return {project: batches for project, batches in cursor.fetchall() if batches}


def claim_batch(project: str, *, without: Collection[int] = ()) -> Claim | None:
    """Claim one batch of the project for LEASE, an abandoned one first; None when there is none or the rate is booked.

    Urgent campaigns come first, except in SHARE_OF_OTHERS of the claims. Among those of one class the campaign is drawn by lot:
    each gets the same share, with no count of what it has had, however many workers there are. Batches of the campaigns
    `without` are left to other workers.
    """
    with connection.cursor() as cursor:
        parameters = {
            "project": project, "without": list(without), "lease": LEASE.total_seconds(), "holder": holders.own(), "ahead": 0.0,
        }  # fmt: skip
        _CLAIM.execute(cursor, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    (
        pk,
        campaign,
        wave,
        urgent,
        fence,
        claims,
        size,
        *ends,
        retry,
        uncertain,
        tally,
        canary,
        after_canary,
        first_failed,
        tries,
        alone,
        known,
        lease_until,
        not_after,
    ) = row
    return Claim(
        id=pk, campaign_id=campaign, wave_id=wave, urgent=urgent, fence=fence, claims=claims, size=size,
        range=(ends[0], ends[1], ends[2], ends[3]), retry_tickets=frozenset(retry), uncertain_tickets=frozenset(uncertain),
        tally=json.loads(tally), canary=canary, after_canary=after_canary, first_failed=first_failed,
        tries=tries, device_tries=alone, fresh=known == 0, lease_until=float(lease_until), not_after=float(not_after),
    )  # fmt: skip


def release(claim: Claim) -> None:
    """Give a batch back under whose claim nothing was sent."""
    Batch.objects.filter(pk=claim.id, fence=claim.fence, state=BatchState.CLAIMED).update(
        state=BatchState.OPEN, lease_until=None, claims=F("claims") - 1
    )


def renew(claim: Claim) -> bool:
    """Extend the lease of a batch whose outcomes cannot be written yet; return False when the claim or its campaign is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE notifications_batch SET lease_until = greatest(lease_until, now() + make_interval(secs => %s))
            WHERE id = %s AND fence = %s AND state = 'claimed' AND lease_until > now() AND to_timestamp(%s) > now()
            """,
            [LEASE.total_seconds(), claim.id, claim.fence, claim.not_after],
        )
        return bool(cursor.rowcount)


def settle(claim: Claim, result: Settlement) -> bool:
    """Write the outcomes of a claim, once; return False, and write nothing, when the claim is no longer valid.

    While another transaction holds the campaign's row, gone installations are counted in their batch alone and not marked.
    """
    if result.gone:
        try:
            return _settle(claim, result, counts_gone=True)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            _locked_until[claim.campaign_id] = monotonic() + _LOCKED_FOR
    return _settle(claim, result, counts_gone=False)


def _settle(claim: Claim, result: Settlement, *, counts_gone: bool) -> bool:
    timeouts = _TIMEOUTS
    if counts_gone and monotonic() < _locked_until.pop(claim.campaign_id, 0.0):
        timeouts = (_LOCKED_TIMEOUT, timeouts[1])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)", timeouts)
        # The campaign's row first, in the order in which resuming a campaign locks.
        before, limit = _count_gone(cursor, claim, len(result.gone)) if counts_gone else (0, 0)
        cursor.execute(
            """
            UPDATE notifications_batch b
            SET state = CASE WHEN %(left)s THEN 'open' ELSE 'done' END, lease_until = NULL, claims = 0,
                tries = tries + %(left)s::integer, device_tries = device_tries + %(failed)s::integer,
                ready_at = now() + make_interval(secs => %(wait)s),
                accepted = accepted + %(accepted)s, rejected = rejected + %(rejected)s,
                unknown = unknown + %(unknown)s, skipped = skipped + %(skipped)s, gone = gone + %(gone)s,
                retry_tickets = %(retry)s, uncertain_tickets = %(uncertain)s, tally = %(tally)s::jsonb
            WHERE id = %(id)s AND fence = %(fence)s AND state = 'claimed' AND lease_until > now()
            """,
            {
                "id": claim.id, "fence": claim.fence, "left": bool(result.retry_tickets or result.uncertain_tickets),
                "wait": result.wait, "failed": result.device_failed, "accepted": result.accepted,
                "rejected": result.rejected, "unknown": result.unknown, "skipped": result.skipped,
                "gone": len(result.gone), "retry": result.retry_tickets,
                "uncertain": result.uncertain_tickets, "tally": json.dumps(result.tally),
            },
        )  # fmt: skip
        if cursor.rowcount == 0:
            transaction.set_rollback(True)
            return False
        # When most of a batch is gone, something else is wrong than the addresses.
        if counts_gone and len(result.gone) * 2 <= claim.size:
            _mark_gone(cursor, result.mark[: max(0, limit - before)])
    if counts_gone and before <= limit < before + len(result.gone):
        _logger.error(
            "Campaign %s: FCM reports more than %s of its installations gone; no more are marked.", claim.campaign_id, limit
        )
    return True


def _count_gone(cursor: Any, claim: Claim, number: int) -> tuple[int, int]:
    """Add to the campaign's count of gone installations; return (the count before, the most that may be marked)."""
    cursor.execute(
        "UPDATE notifications_campaign SET gone = gone + %s WHERE id = %s RETURNING gone, devices", [number, claim.campaign_id]
    )
    gone, devices = cursor.fetchone()
    return gone - number, max_marked_gone(devices)


def _mark_gone(cursor: Any, gone: list[tuple[int, int, str, str]]) -> None:
    """Mark registrations gone, each only if its address is still the one that failed: the app may have sent a new one since."""
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
