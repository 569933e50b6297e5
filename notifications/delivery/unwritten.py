"""What the database does not take at once: settlements and releases, kept in memory and tried again until it does.

The outcomes of messages that were sent exist only here. As long as the claim is renewed no other worker sends to that batch
again, so that a failing write repeats nothing; the end of the process does, as the end of any worker does.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from functools import cache
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from core.log_context import log_fields
from notifications.campaigns import lifecycle
from notifications.delivery import claims, left_out, second_groups
from notifications.delivery.claims import Claim, Settlement
from notifications.delivery.settlements import HaltReason
from notifications.models.campaign import Campaign

#: Seconds between two tries to write: doubled from the first to the second value. The lease is renewed with each.
FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0

_logger = logging.getLogger(__name__)


class Unwritten(NamedTuple):
    """The end of one claim: its settlement, or its release without one."""

    project: str
    claim: Claim
    #: None for a claim under which nothing was sent.
    settlement: Settlement | None
    #: Why the campaign has to halt, if it has to.
    halt: HaltReason | None = None


class UnwrittenEnds:
    """The ends of claims that still have to be written by this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Unwritten] = []
        self._wait, self._again_at = FIRST_WAIT, 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def write(self, end: Unwritten) -> bool:
        """Write the end of a claim, or keep it for later; return whether a settlement was written now."""
        with log_fields(campaign=end.claim.campaign_id, batch=end.claim.id):
            return self._write_or_keep(end)

    def _write_or_keep(self, end: Unwritten) -> bool:
        try:
            return _write(end)
        except DatabaseError as error:
            if isinstance(error, (OperationalError, InterfaceError)):
                connection.close()
            if _is_still_claimed(end.claim):
                with self._lock:
                    self._waiting.append(end)
                    self._again_at = time.monotonic() + self._wait
                _say_why(end, error)
            return False

    def write_again(self) -> int:
        """Try again what waits, if it is time to; return how many settlements were written."""
        with self._lock:
            if not self._waiting or time.monotonic() < self._again_at:
                return 0
            waiting, self._waiting = self._waiting, []
        written = sum([self.write(end) for end in waiting])
        with self._lock:
            self._wait = min(self._wait * 2, LONGEST_WAIT) if self._waiting else FIRST_WAIT
        return written


def _write(end: Unwritten) -> bool:
    if end.settlement is None:
        claims.release(end.claim)
        return False
    reason = end.halt.sentence if end.halt else ""
    if end.halt and end.claim.canary:
        # Before the settlement, which would release the rest of the wave.
        if end.halt.may_be_devices:
            reason = second_groups.reason_to_halt(end.claim.id, reason, at=timezone.now())
        if reason:
            halt(end.claim, reason)
    written = claims.settle(end.claim, end.settlement)
    if not written:
        _logger.warning("A settlement came too late and is void; its batch will be sent again.")
    if reason:
        halt(end.claim, reason)
    return written


def _is_still_claimed(claim: Claim) -> bool:
    """Renew the lease; return False when the claim is over. While that cannot be known, it may still be valid."""
    try:
        return claims.renew(claim)
    except DatabaseError:
        connection.close()
        return True


def _say_why(end: Unwritten, error: DatabaseError) -> None:
    if end.settlement is not None:
        reason = f"the database does not take the outcomes of a batch ({type(error).__name__})."
        left_out.note(end.project, reason)


def halt(claim: Claim, reason: str) -> None:
    """Halt the campaign of a claim."""
    if lifecycle.halt(Campaign.objects.get(pk=claim.campaign_id), reason, at=timezone.now()):
        _logger.error("Campaign %s halted: %s", claim.campaign_id, reason)


@cache
def _of(process: int) -> UnwrittenEnds:
    return UnwrittenEnds()


def of_this_process() -> UnwrittenEnds:
    """Return what this process still has to write; a forked child begins with nothing."""
    return _of(os.getpid())
