"""Claim, send, settle: how a frozen audience gets its messages, whatever dies on the way.

A claim is a lease on one batch. Nothing is known of a claimed batch until it is settled, in one transaction and only by the
claim that holds it; a worker that dies leaves its batches to the next one, which repeats at most what was not settled. A repeat
carries the same tag, so that it replaces itself on the device.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from core.errors import DomainError
from notifications.campaigns import lifecycle
from notifications.delivery import fcm, outcomes
from notifications.delivery.brake_monitor import Watch
from notifications.delivery.fcm import Sender, Target
from notifications.delivery.outcomes import Kind, Outcome
from notifications.delivery.verified_campaign import NotAsApproved, Order
from notifications.models.batch import BATCH_SIZE, MANY, WAKE_AHEAD, Batch, Claim, Settlement
from notifications.models.campaign import Campaign
from notifications.models.quota import VOID_AFTER, Permit, Quota
from notifications.models.segment import Segment
from notifications.registrations import sealed

#: Batches that one worker holds at once: with 500 each, the most that a crash can repeat.
MOST_OPEN = 8
#: A request takes at most 15 s, and the settlement has to be written within the lease.
LAST_START = fcm.DEADLINE + 2
#: Seconds between two looks for something to do.
PAUSE = 0.05
#: Seconds after which a busy sender looks whether another project has something to send too.
LOOK_EVERY = 0.5
#: Seconds for which a batch or a project is put off at first, doubled with each time in a row, and the most.
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0

_logger = logging.getLogger(__name__)


class Reader(NamedTuple):
    """One installation or topic of a batch, as plain values."""

    segment: int
    ticket: int
    #: Of its address; "" for a topic, which is never gone.
    digest: str
    message: int


@dataclass(frozen=True)
class OpenBatch:
    """A claimed batch on its way."""

    claim: Claim
    permit: Permit
    readers: dict[int, Reader]
    #: Outcomes without sending: addresses that cannot be read.
    known: dict[int, Outcome]
    sending: Future[dict[int, Outcome]]


def run(*, seconds: float) -> int:
    """Claim and send until nothing is due or the time is up; return how many batches were settled.

    Meant to be called again and again, in any number of processes; each call ends with all its batches settled or given up.
    """
    return _Run(fcm.sender(), seconds).run()


class _Run:
    def __init__(self, sender: Sender, seconds: float) -> None:
        self._sender = sender
        self._until = time.monotonic() + seconds
        self._open: list[OpenBatch] = []
        self._orders: dict[int, Order] = {}
        self._settled = 0
        #: Projects that had something to claim when we last looked, how many batches (21 at the most), and until when that holds.
        self._waiting: dict[str, int] = {}
        self._look_at = 0.0

    def run(self) -> int:
        with Watch() as self._watch:
            while True:
                more = self._claim_more()
                if self._open:
                    self._settle_finished(timeout=0.0 if more else PAUSE)
                elif not more:
                    if not self._soon():
                        return self._settled
                    time.sleep(PAUSE)

    def _soon(self) -> bool:
        """Tell whether to stay awake for what is about to begin, or for the next permit; what that will need is made ready."""
        if time.monotonic() >= self._until:
            return False
        projects = [name for name in Batch.objects.projects_waiting(ahead=WAKE_AHEAD) if not self._watch.is_blocked(name)]
        for project in projects:
            with suppress(DomainError):
                # Without a token nothing is lost yet: the claim will say so.
                self._sender.authorize(project)
        return bool(projects)

    def _claim_more(self) -> bool:
        if time.monotonic() >= self._until:
            return False
        try:
            return self._claim_some()
        except (OperationalError, InterfaceError):
            # What is open can still be settled when the database is back; nothing more is begun.
            connection.close()
            self._until = time.monotonic()
            if not self._open:
                raise
            return False

    def _claim_some(self) -> bool:
        """Claim up to one batch for each project that waits; tell whether there was one."""
        if len(self._open) >= MOST_OPEN:
            return False
        if not self._waiting or time.monotonic() >= self._look_at:
            self._waiting = Batch.objects.projects_waiting()
            self._look_at = time.monotonic() + LOOK_EVERY
        claimed = False
        for project, batches in list(self._waiting.items()):
            permit = Quota.objects.permit(project, messages=BATCH_SIZE, ramp=batches > MANY)
            if permit is None:
                continue
            claim = Batch.objects.claim(project)
            if unused := permit.messages - (claim.number if claim else 0):
                Quota.objects.give_back(permit, unused=unused)
                # Near the end, or at it: look again how much is left.
                self._look_at = 0.0
            if claim is not None:
                claimed = self._begin(claim, permit) or claimed
        return claimed

    def _begin(self, claim: Claim, permit: Permit) -> bool:
        """Start sending a claimed batch, or give it back with the reason; tell whether it was started."""
        try:
            order = self._order(claim.campaign_id)
            bearer = self._sender.authorize(permit.project)
            readers, targets, known = _read(claim, order)
        except fcm.CredentialsUnreachable as error:
            Batch.objects.give_back(claim)
            _block(permit.project, Outcome(Kind.LATER, block=error.detail))
        except (NotAsApproved, fcm.CredentialsRefused, sealed.KeyMissing) as error:
            Batch.objects.give_back(claim)
            _halt(claim, str(error))
        else:
            starts = self._watch.local(permit.starts)
            leave = Leave(self._watch, claim, permit)
            sending = self._sender.send(permit.project, bearer, targets, leave=leave, starts=starts, pause=permit.pause)
            self._open.append(OpenBatch(claim, permit, readers, known, sending))
            return True
        return False

    def _order(self, campaign_id: int) -> Order:
        if campaign_id not in self._orders:
            self._orders[campaign_id] = Order.load(campaign_id)
            Campaign.objects.filter(pk=campaign_id, started_at=None).update(started_at=timezone.now())
        return self._orders[campaign_id]

    def _settle_finished(self, *, timeout: float) -> None:
        wait([batch.sending for batch in self._open], timeout=timeout, return_when=FIRST_COMPLETED)
        for batch in [batch for batch in self._open if batch.sending.done()]:
            self._open.remove(batch)
            self._settle(batch)

    def _settle(self, batch: OpenBatch) -> None:
        if error := batch.sending.exception():
            # Its claim runs out and it is sent again; the name alone is logged, since a message could hold an address.
            _logger.error("A batch broke off with %s; it will be sent again.", type(error).__name__)
            return
        results = batch.known | batch.sending.result()
        halt = _reason_to_halt(results)
        if self._write(batch.claim, judge(batch, results, halting=bool(halt))):
            self._settled += 1
        else:
            _logger.warning("A settlement came too late and is void; its batch will be sent again.")
        if halt:
            _halt(batch.claim, halt)
        self._keep_pace(batch.permit, results)

    def _keep_pace(self, permit: Permit, results: dict[int, Outcome]) -> None:
        """Block, slow down or speed up the project, by how FCM answered."""
        accepted = any(outcome.kind is Kind.ACCEPTED for outcome in results.values())
        slow = sum(outcome.slow for outcome in results.values())
        if slow * 100 > len(results):
            Quota.objects.slow_down(permit.project)
        elif permit.slowed and accepted and not slow:
            Quota.objects.speed_up(permit.project)
        if (trouble := _reason_to_block(results)) is not None:
            _block(permit.project, trouble)
        elif permit.strikes and accepted:
            Quota.objects.answers_again(permit.project)

    def _write(self, claim: Claim, result: Settlement) -> bool:
        while True:
            try:
                return Batch.objects.settle(claim, result)
            except (OperationalError, InterfaceError):
                # The database restarts: as long as the lease holds, what was sent can still be written down.
                connection.close()
                if self._watch.now() > claim.lease_until:
                    return False
                time.sleep(0.5)


class Leave(NamedTuple):
    """Whether the next request of a claim may leave: asked before each."""

    watch: Watch
    claim: Claim
    permit: Permit

    def ttl(self) -> int:
        """Return the seconds until the campaign's last instant, or 0 when no further request of this claim may start.

        It may not when a brake is on or cannot be read, when the project asked for silence, when the lease nears its end, and
        when the permit is over: whoever stalled must not send at once what others were given the time for.
        """
        now = self.watch.now()
        if now > min(self.permit.ends + VOID_AFTER, self.claim.lease_until - LAST_START):
            return 0
        if not self.watch.allows(self.claim.campaign_id, self.permit.project):
            return 0
        return int(self.claim.not_after - now)

    def hush(self) -> None:
        """Let nothing else leave for this project: FCM asked for silence."""
        self.watch.hush(self.permit.project)


def _read(claim: Claim, order: Order) -> tuple[dict[int, Reader], list[Target], dict[int, Outcome]]:
    """Read the batch's installations into plain values: who there is, whom to send to, and whose address cannot be read."""
    if order.is_by_topic(claim.wave_id):
        return _read_topics(claim, order)
    low_segment, low_ticket, high_segment, high_ticket = claim.range
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.segment_id, r.ticket, r.address_kind, r.address_sealed, r.address_digest
            FROM notifications_registration r
            WHERE (r.segment_id, r.ticket) >= (%(low_segment)s, %(low_ticket)s)
                AND (r.segment_id, r.ticket) <= (%(high_segment)s, %(high_ticket)s)
                AND r.segment_id = ANY(%(segments)s) AND r.ticket <= %(mark)s AND r.gone_at IS NULL
                AND CASE WHEN %(fresh)s THEN r.ticket <> ALL(%(canary)s) ELSE r.ticket = ANY(%(left)s) END
            """,
            {
                "low_segment": low_segment, "low_ticket": low_ticket, "high_segment": high_segment, "high_ticket": high_ticket,
                "segments": order.segments(claim.wave_id, low_segment, high_segment), "mark": order.campaign.ticket_high,
                "fresh": claim.fresh, "left": [*claim.later, *claim.unsure], "canary": order.canary(claim.wave_id),
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    readers, targets, known = {}, [], {}
    addresses = sealed.unseal_all((row[3], row[4]) for row in rows)
    for (segment, ticket, kind, _, digest), address in zip(rows, addresses, strict=True):
        message = order.message(segment)
        readers[ticket] = Reader(segment, ticket, digest, message)
        if address is None:
            known[ticket] = outcomes.DAMAGED
        else:
            targets.append(Target(ticket, kind, address, order.templates[message]))
    return readers, targets, known


def _read_topics(claim: Claim, order: Order) -> tuple[dict[int, Reader], list[Target], dict[int, Outcome]]:
    """Read the batch's topics: a segment each, whose id is its ticket too."""
    low, _, high, _ = claim.range
    left = {*claim.later, *claim.unsure}
    readers, targets = {}, []
    for segment in Segment.objects.topics().filter(pk__in=order.segments(claim.wave_id, low, high)).order_by("pk"):
        if claim.fresh or segment.pk in left:
            readers[segment.pk] = reader = Reader(segment.pk, segment.pk, "", order.message(segment.pk))
            targets.append(Target(segment.pk, "topic", segment.topic, order.templates[reader.message]))
    return readers, targets, {}


def judge(batch: OpenBatch, results: dict[int, Outcome], *, halting: bool) -> Settlement:
    """Turn the outcomes of one claim into its settlement; everybody of the n ends up in exactly one place.

    When the campaign halts over an answer that would be one device's own fault (another project's address), those devices are
    kept for later instead of being counted.
    """
    claim = batch.claim
    # An earlier claim of this batch died unsettled: whoever is not reached now may have been reached then.
    doubtful = claim.claims > 1
    counted: Counter[Kind] = Counter()
    tally = {message: Counter(numbers) for message, numbers in claim.tally.items()}
    later: list[int] = []
    unsure: list[int] = []
    gone: list[tuple[int, int, str, str]] = []
    for ticket, reader in batch.readers.items():
        outcome = results.get(ticket, _NOT_STARTED)
        if outcome.kind is Kind.LATER or (halting and outcome.if_most):
            (unsure if doubtful or ticket in claim.unsure else later).append(ticket)
        elif outcome.kind is Kind.UNSURE and ticket not in claim.unsure:
            unsure.append(ticket)
        else:
            counted[outcome.kind] += 1
            name = outcome.reason or ("unknown" if outcome.kind is Kind.UNSURE else str(outcome.kind))
            tally.setdefault(str(reader.message), Counter())[name] += 1
            if outcome.gone and reader.digest:
                gone.append((reader.segment, ticket, reader.digest, outcome.reason))
    # Whoever moved or was deleted meanwhile: not sent to now, though perhaps by the try that nobody heard the end of.
    vanished_unsure = len(claim.unsure - batch.readers.keys())
    put_off = bool(unsure) or any(outcome.slow for outcome in results.values())
    return Settlement(
        accepted=counted[Kind.ACCEPTED],
        rejected=counted[Kind.REJECTED],
        unknown=counted[Kind.UNSURE] + vanished_unsure,
        skipped=claim.number - len(batch.readers) - vanished_unsure,
        tally={message: dict(numbers) for message, numbers in tally.items()},
        later=later,
        unsure=unsure,
        gone=gone,
        wait=min(FIRST_WAIT * 2 ** min(claim.tries, 10), LONGEST_WAIT) if put_off else 0.0,
    )


_NOT_STARTED = Outcome(Kind.LATER)


def _reason_to_halt(results: dict[int, Outcome]) -> str:
    """Return why the campaign has to halt, or ""; what one stranger's address could cause counts only when most say so."""
    for outcome in results.values():
        if outcome.halt and not outcome.if_most:
            return outcome.halt
    mostly = [outcome for outcome in results.values() if outcome.if_most]
    return mostly[0].halt if len(mostly) * 2 > len(results) else ""


def _reason_to_block(results: dict[int, Outcome]) -> Outcome | None:
    """Return the answer that asks for the longest silence, or one of our own when FCM was slow or down throughout."""
    blocking = [outcome for outcome in results.values() if outcome.block]
    if blocking:
        return max(blocking, key=lambda outcome: outcome.wait or outcome.first_wait)
    slow = sum(outcome.slow for outcome in results.values())
    if slow >= fcm.SLOW_ANSWERS and not any(outcome.kind is Kind.ACCEPTED for outcome in results.values()):
        return Outcome(Kind.LATER, block="FCM answers that it is down.")
    return None


def _block(project: str, trouble: Outcome) -> None:
    longest = outcomes.LONGEST_WAIT if trouble.first_wait > FIRST_WAIT else LONGEST_WAIT
    Quota.objects.block(project, reason=trouble.block, seconds=trouble.wait, first=trouble.first_wait, longest=longest)


def _halt(claim: Claim, reason: str) -> None:
    if lifecycle.halt(Campaign.objects.get(pk=claim.campaign_id), reason, at=timezone.now()):
        _logger.error("Campaign %s halted: %s", claim.campaign_id, reason)
