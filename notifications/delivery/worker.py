"""Claim batches, send them, settle their outcomes: how a frozen audience gets its messages, whatever process ends on the way.

A claim is a lease on one batch. Nothing is known of a claimed batch until it is settled, in one transaction and only under the
claim that holds it. When a worker dies, another takes over its batches, and repeats at most what was not settled; a repeated
message has the same tag, so it replaces itself on the device.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager, suppress
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from core.errors import DomainError
from core.log_context import log_fields
from notifications.delivery import batch_rows, canary_failures, claims, fcm, outcomes, unwritten
from notifications.delivery.brake_monitor import BrakeMonitor
from notifications.delivery.claims import WAKE_AHEAD, Claim
from notifications.delivery.fcm import PushTarget, Sender
from notifications.delivery.left_out import LeftOut
from notifications.delivery.outcomes import Outcome, SendResult
from notifications.delivery.settlements import (
    INITIAL_BACKOFF,
    MAX_BACKOFF,
    Destination,
    HaltReason,
    OpenBatch,
    own_halt_reason,
    reason_to_block,
    settle_outcomes,
    shared_outcome,
)
from notifications.delivery.unwritten import Unwritten
from notifications.delivery.verified_campaign import NotAsApproved, VerifiedCampaign
from notifications.models.batch import BATCH_SIZE
from notifications.models.quota import AHEAD, MAX_PERMIT_SECONDS, PERMIT_GRACE, Permit, Quota, batch_size
from notifications.registrations import sealed

#: Batches that one worker holds at once, and how many full ones' worth of installations in them may be without an outcome: a
#: batch that waits for its slowest response takes the place of no other.
MAX_OPEN_BATCHES, MAX_UNFINISHED_BATCHES = 24, 8
#: Responses after which the share of slow ones is judged: one slow device must not lower the rate for all others.
RATE_WINDOW = 200
#: Shares of slow responses above which the rate is lowered, and up to which it is raised again. A share that does not depend on
#: the rate, such as one device in 64 that always fails, would otherwise take the rate to its lowest and keep it there.
TOO_SLOW, WELL = 0.1, 0.05
#: Seconds before the end of a lease in which no request starts: one request's timeout, and time to write the settlement.
LEASE_RESERVE = fcm.REQUEST_TIMEOUT + 2
#: Seconds between two looks for something to do.
POLL_INTERVAL = 0.05
#: Seconds after which a busy worker looks again for projects that have something to send.
PROJECTS_INTERVAL = 0.5
#: The most seconds for which a request is put off until its permit begins: the clocks of a worker and of the database may differ.
MAX_START_DELAY = 2 * AHEAD
_logger = logging.getLogger(__name__)


def run(*, seconds: float, stopping: threading.Event | None = None) -> int:
    """Claim and send until nothing is due, the time is up or `stopping` is set; return how many batches were settled.

    Meant to be called again and again, in any number of processes; each call ends with all its batches settled, given up, or
    kept for a later call because the database takes no writes (`unwritten`).
    """
    return SendLoop(fcm.sender(), seconds, stopping=stopping).run()


class SendLoop:
    """One worker's loop: it claims batches, hands them to the sender, and settles those that are finished."""

    def __init__(self, sender: Sender, seconds: float, *, stopping: threading.Event | None = None) -> None:
        self._sender = sender
        self._stopping = stopping or threading.Event()
        self._seconds, self._until = seconds, time.monotonic() + seconds
        self._open: list[OpenBatch] = []
        self._left_out = LeftOut()
        self._unwritten = unwritten.of_this_process()
        #: By project: a batch that was claimed and read, and waits for its permit.
        self._read: dict[str, ReadBatch] = {}
        self._campaigns: dict[int, VerifiedCampaign] = {}
        self._settled = 0
        #: By project: (responses, slow ones) of fresh batches since the rate was last judged.
        self._judged: dict[str, tuple[int, int]] = {}
        #: Projects with claimable batches, and how many each (see `claims.waiting_projects`), until `_projects_until`.
        self._projects: dict[str, int] = {}
        self._projects_until = 0.0

    def run(self) -> int:
        """Run until nothing is due or the time is up; return the number of settled batches."""
        with BrakeMonitor() as self._brakes, self._releasing():
            self._until = time.monotonic() + self._seconds
            while True:
                more = self._claim_more()
                self._settled += self._unwritten.write_again()
                if self._open:
                    self._settle_finished(timeout=0.0 if more else POLL_INTERVAL)
                elif self._unwritten and not self._is_over():
                    time.sleep(POLL_INTERVAL)
                elif not more:
                    if self._is_over() or not (self._read or self._due_soon()):
                        return self._settled
                    time.sleep(POLL_INTERVAL)

    @contextmanager
    def _releasing(self) -> Iterator[None]:
        """Release in the end what was read and got no permit."""
        try:
            yield
        finally:
            for read in self._read.values():
                self._unwritten.write(Unwritten(read.project, read.claim, None))
            self._read.clear()

    def _due_soon(self) -> bool:
        """Return whether to stay awake for a wave that is about to begin or for the next permit; fetches access tokens ahead."""
        projects = [name for name in claims.waiting_projects(ahead=WAKE_AHEAD) if not self._brakes.is_blocked(name)]
        projects = [name for name in projects if not self._left_out.is_skipped(name)]
        for project in projects:
            with suppress(DomainError):
                # Nothing is lost without a token yet: the claim will report it.
                self._sender.authorize(project)
        return bool(projects)

    def _is_over(self) -> bool:
        """Return whether nothing more is to be claimed."""
        return time.monotonic() >= self._until or self._stopping.is_set() or self._brakes.is_earlier_state

    def _claim_more(self) -> bool:
        if self._is_over():
            return False
        try:
            return self._claim_from_each_project()
        except DatabaseError as error:
            # Open batches can still be settled when the database is back; nothing more is claimed.
            if isinstance(error, (OperationalError, InterfaceError)):
                connection.close()
            self._until = time.monotonic()
            if not self._open and not self._unwritten:
                raise
            return False

    def _claim_from_each_project(self) -> bool:
        """Claim at most one batch of each project that waits; return whether one was started."""
        unfinished = sum(batch.unfinished for batch in self._open)
        if len(self._open) + len(self._unwritten) >= MAX_OPEN_BATCHES or unfinished > (MAX_UNFINISHED_BATCHES - 1) * BATCH_SIZE:
            return False
        if not self._projects or time.monotonic() >= self._projects_until:
            self._projects = claims.waiting_projects()
            self._projects_until = time.monotonic() + PROJECTS_INTERVAL
        self._left_out.note_delay(self._projects, self._brakes.delay)
        started = False
        for project, batches in list(self._projects.items()):
            if self._left_out.is_skipped(project):
                continue
            read = self._read.get(project) or self._claim_and_read(project)
            if read is not None and self._start(read, ramp=batches > claims.ramp_above_batches()):
                started = True
        return started

    def _claim_and_read(self, project: str) -> ReadBatch | None:
        """Claim a batch and read it, or release it and say why not.

        This comes before the permit, which runs by the clock: a slow database must not use it up.
        """
        bearer, refused = "", ""
        try:
            bearer = self._sender.authorize(project)
        except fcm.AccountMissing as error:
            self._left_out.skip_project(project, error.detail)
            return None
        except fcm.CredentialsUnreachable as error:
            _block(project, Outcome(SendResult.RETRY, block_reason=error.detail))
            return None
        except fcm.CredentialsRefused as error:
            refused = error.detail
        claim = claims.claim_batch(project, without=self._left_out.campaigns())
        if claim is None:
            return None
        with log_fields(campaign=claim.campaign_id, batch=claim.id):
            return self._read_claimed(claim, project, bearer, refused)

    def _read_claimed(self, claim: Claim, project: str, bearer: str, refused: str) -> ReadBatch | None:
        if refused:
            claims.release(claim)
            unwritten.halt(claim, refused)
            return None
        try:
            return ReadBatch(claim, project, bearer, *batch_rows.read_batch(claim, self._verified(claim.campaign_id)))
        except sealed.KeyMissing as error:
            claims.release(claim)
            self._left_out.skip_campaign(claim.campaign_id, project, str(error))
        except NotAsApproved as error:
            claims.release(claim)
            unwritten.halt(claim, str(error))
        return None

    def _start(self, read: ReadBatch, *, ramp: bool) -> bool:
        """Take a permit for a batch and start sending it; without a permit it is kept for the next one, or released."""
        claim, project = read.claim, read.project
        # Kept also when the database does not answer.
        self._read[project] = read
        permit = Quota.objects.permit(project, messages=max(1, len(read.targets)), ramp=ramp, urgent=claim.urgent)
        if permit is None:
            if self._brakes.is_blocked(project) or self._brakes.now() > claim.lease_until - LEASE_RESERVE - MAX_PERMIT_SECONDS:
                del self._read[project]
                self._unwritten.write(Unwritten(project, claim, None))
            return False
        del self._read[project]
        targets = read.targets[: permit.messages]
        if unused := permit.messages - len(targets):
            Quota.objects.give_back(permit, unused=unused)
        if permit.messages < batch_size():
            # The last batches: look again how many are left.
            self._projects_until = 0.0
        starts = min(self._brakes.to_monotonic(permit.starts), time.monotonic() + MAX_START_DELAY)
        gate = ClaimGate(self._brakes, claim, permit)
        sending = self._sender.send(project, read.bearer, targets, gate=gate, starts=starts, pause=permit.pause)
        platforms = self._campaigns[claim.campaign_id].platforms
        batch = OpenBatch(claim, permit, read.destinations, read.unreadable, sending, read.bearer, len(targets), platforms)
        self._open.append(batch)
        return True

    def _verified(self, campaign_id: int) -> VerifiedCampaign:
        if campaign_id not in self._campaigns:
            began = time.monotonic()
            self._campaigns[campaign_id] = VerifiedCampaign.load(campaign_id)
            _record_start(campaign_id)
            # Of a database far away the checks before the first message must not use up the time to send.
            self._until += time.monotonic() - began
        return self._campaigns[campaign_id]

    def _settle_finished(self, *, timeout: float) -> None:
        wait([batch.sending.done for batch in self._open], timeout=timeout, return_when=FIRST_COMPLETED)
        for batch in [batch for batch in self._open if batch.sending.done.done()]:
            self._open.remove(batch)
            with log_fields(campaign=batch.claim.campaign_id, batch=batch.claim.id):
                self._settle(batch)

    def _settle(self, batch: OpenBatch) -> None:
        if error := batch.sending.done.exception():
            # The claim ends and the batch is sent again. Only the class is logged: the text could contain an address.
            _logger.error("Sending a batch failed with %s; it will be sent again.", type(error).__name__)
            return
        results = batch.unreadable | batch.sending.results
        halt = self._reason_to_halt(batch, results)
        settlement = settle_outcomes(batch, results, halting=halt is not None)
        self._settled += self._unwritten.write(Unwritten(batch.permit.project, batch.claim, settlement, halt))
        try:
            self._adjust_rate(batch, results)
        except DatabaseError as error:
            # The other open batches still have to be settled. Their responses will say the same about the rate.
            _logger.warning("The sending rate cannot be changed: %s", type(error).__name__)
            connection.close()

    def _reason_to_halt(self, batch: OpenBatch, results: dict[int, Outcome]) -> HaltReason | None:
        """Return why the campaign has to halt, if it has to. A token that FCM rejects is renewed once before that."""
        if any(outcome.result is SendResult.ACCEPTED for outcome in results.values()):
            self._sender.accept(batch.permit.project)
        renewed_before = True
        if any(outcome.renew_token for outcome in results.values()):
            renewed_before = self._sender.reject(batch.permit.project, batch.bearer)
        shared = shared_outcome(batch, results)
        if shared is not None and shared.renew_token and not renewed_before:
            return None
        if own := own_halt_reason(results):
            return HaltReason(own, may_be_devices=False)
        if shared is not None:
            return HaltReason(shared.halt_reason, may_be_devices=not shared.renew_token)
        failure = canary_failures.failure_of(batch, results)
        return HaltReason(failure, may_be_devices=True) if failure else None

    def _adjust_rate(self, batch: OpenBatch, results: dict[int, Outcome]) -> None:
        """Block, slow down or speed up the project according to FCM's responses."""
        permit = batch.permit
        accepted = any(outcome.result is SendResult.ACCEPTED for outcome in results.values())
        if batch.claim.fresh:
            # What is tried again is there because it failed before: it says nothing about FCM.
            self._judge_rate(permit, results, accepted=accepted)
        if (blocking := reason_to_block(results)) is not None:
            _block(permit.project, blocking)
        elif permit.consecutive_blocks and accepted:
            Quota.objects.clear_blocks(permit.project)

    def _judge_rate(self, permit: Permit, results: dict[int, Outcome], *, accepted: bool) -> None:
        before, slow_before = self._judged.get(permit.project, (0, 0))
        responses, slow = before + len(results), slow_before + sum(outcome.slow for outcome in results.values())
        if responses < RATE_WINDOW and slow < fcm.MAX_SLOW_RESPONSES:
            self._judged[permit.project] = (responses, slow)
            return
        self._judged[permit.project] = (0, 0)
        if slow > responses * TOO_SLOW:
            Quota.objects.slow_down(permit.project)
        elif permit.slowed and accepted and slow <= responses * WELL:
            Quota.objects.speed_up(permit.project)


class ReadBatch(NamedTuple):
    """A claimed batch with its installations, before it has a permit."""

    claim: Claim
    project: str
    bearer: str
    destinations: dict[int, Destination]
    targets: list[PushTarget]
    unreadable: dict[int, Outcome]


class ClaimGate(NamedTuple):
    """The gate of one claim: its lease, its permit, the brakes and the campaign's end decide about each request."""

    brakes: BrakeMonitor
    claim: Claim
    permit: Permit

    def remaining_ttl(self) -> int:
        """Return the seconds until the campaign's end, or 0 when no further request of this claim may start.

        None may start while a brake is on or cannot be read, while the project is blocked, shortly before the lease ends, and
        after the permit's end: a worker that stalled must not send in the time that others were given.
        """
        now = self.brakes.now()
        if now > min(self.permit.ends + PERMIT_GRACE, self.claim.lease_until - LEASE_RESERVE):
            return 0
        if not self.brakes.allows(self.claim.campaign_id, self.permit.project):
            return 0
        return int(self.claim.not_after - now)

    def back_off(self) -> None:
        """Stop sending to this project: FCM's response asked for it."""
        self.brakes.back_off(self.permit.project)


def _record_start(campaign_id: int) -> None:
    """Record when a campaign was first sent; skipped while another transaction holds its row, until the next time."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE notifications_campaign SET started_at = now() WHERE id IN (
                SELECT id FROM notifications_campaign WHERE id = %s AND started_at IS NULL FOR UPDATE SKIP LOCKED)
            """,
            [campaign_id],
        )


def _block(project: str, outcome: Outcome) -> None:
    maximum = outcomes.MAX_RETRY_AFTER if outcome.initial_wait > INITIAL_BACKOFF else MAX_BACKOFF
    Quota.objects.block(project, reason=outcome.block_reason, seconds=outcome.wait, initial=outcome.initial_wait, maximum=maximum)
