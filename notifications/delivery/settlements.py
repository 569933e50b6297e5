"""What the outcomes of one claim mean: for each installation, for the campaign, and for the Firebase project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from notifications.delivery import fcm, outcomes
from notifications.delivery.claims import Claim, Settlement
from notifications.delivery.fcm import Sending
from notifications.delivery.outcomes import Outcome, SendResult
from notifications.models.quota import Permit

#: Seconds for which a batch or a project is first put off, doubled each consecutive time, and the most.
INITIAL_BACKOFF, MAX_BACKOFF = 1.0, 60.0
#: Seconds that a batch is put off at the most when single devices failed in it, and after how many such tries those devices are
#: counted as unknown: about an hour in all, as https://firebase.google.com/docs/cloud-messaging/scale-fcm advises for retries.
MAX_DEVICE_BACKOFF, MAX_DEVICE_TRIES = 900.0, 13
#: Outcomes of the same kind from which on their share counts, in a batch with more messages than one.
MIN_SHARED = 5
#: (segment, ticket, address digest, reason)
GoneDevice = tuple[int, int, str, str]


class HaltReason(NamedTuple):
    """Why a campaign has to halt because of what FCM responded in one batch."""

    sentence: str
    #: The cause may be the devices of this batch: if it is a canary, a second group is tried before the campaign halts.
    may_be_devices: bool


class Destination(NamedTuple):
    """One installation or topic of a batch, as plain values."""

    segment: int
    ticket: int
    #: Digest of the address; "" for a topic, which is never gone.
    digest: str
    message: int


@dataclass(frozen=True)
class OpenBatch:
    """A claimed batch that is being sent."""

    claim: Claim
    permit: Permit
    #: By ticket.
    destinations: dict[int, Destination]
    #: Outcomes, by ticket, of addresses that cannot be read; nothing is sent to them.
    unreadable: dict[int, Outcome]
    sending: Sending
    bearer: str
    #: Installations that the permit was for; any others are sent to under a later claim.
    started: int
    #: By message id.
    platforms: Mapping[int, str]

    @property
    def unfinished(self) -> int:
        """Return how many installations are being sent to and have no outcome yet."""
        return self.started - len(self.sending.results)


def settle_outcomes(batch: OpenBatch, results: dict[int, Outcome], *, halting: bool) -> Settlement:
    """Turn the outcomes of one claim into its settlement; each installation of the batch ends up in exactly one place.

    When the campaign halts because of an outcome that is normally one device's own fault (an address of another project), those
    devices are kept for a retry instead of being counted.
    """
    claim = batch.claim
    # An earlier claim of this batch ended unsettled: an installation that is not reached now may have been reached then.
    maybe_sent_before = claim.claims > 1
    counted: Counter[SendResult] = Counter()
    tally = {message: Counter(numbers) for message, numbers in claim.tally.items()}
    retry: list[int] = []
    uncertain: list[int] = []
    alone = failed_alone(batch, results) if not halting else set()
    last_try = bool(alone) and claim.device_tries + 1 >= MAX_DEVICE_TRIES
    gone: list[GoneDevice] = []
    for ticket, destination in batch.destinations.items():
        outcome = results.get(ticket, _NOT_STARTED)
        if last_try and ticket in alone:
            # FCM may have accepted one of the tries that it answered with an error.
            outcome = outcomes.UNCERTAIN
        elif outcome.result is SendResult.RETRY or (halting and outcome.needs_majority):
            (uncertain if maybe_sent_before or ticket in claim.uncertain_tickets else retry).append(ticket)
            continue
        elif outcome.result is SendResult.UNCERTAIN and ticket not in claim.uncertain_tickets:
            uncertain.append(ticket)
            continue
        counted[outcome.result] += 1
        name = outcome.reason or ("unknown" if outcome.result is SendResult.UNCERTAIN else str(outcome.result))
        tally.setdefault(str(destination.message), Counter())[name] += 1
        if outcome.gone and destination.digest:
            gone.append((destination.segment, ticket, destination.digest, outcome.reason))
    # Moved or deleted since: nothing is sent to them now, but the uncertain earlier try may have reached them.
    vanished_uncertain = len(claim.uncertain_tickets - batch.destinations.keys())
    put_off = bool(uncertain) or any(outcome.slow or outcome.wait for outcome in results.values())
    return Settlement(
        accepted=counted[SendResult.ACCEPTED],
        rejected=counted[SendResult.REJECTED],
        unknown=counted[SendResult.UNCERTAIN] + vanished_uncertain,
        skipped=claim.remaining - len(batch.destinations) - vanished_uncertain,
        tally={message: dict(numbers) for message, numbers in tally.items()},
        retry_tickets=retry,
        uncertain_tickets=uncertain,
        gone=gone,
        mark=_to_mark(batch, tally, gone),
        wait=max(_wait(claim, alone=bool(alone)), _retry_after(results)) if put_off else 0.0,
        device_failed=bool(alone),
    )


def _to_mark(batch: OpenBatch, tally: Mapping[str, Mapping[str, int]], gone: list[GoneDevice]) -> list[GoneDevice]:
    """Return the gone devices that may be marked: where most of a platform is gone, its key or its project is wrong.

    Normally that takes MIN_SHARED of the platform. Once the first canary of the wave has failed, one is enough: a platform that
    failed there may be so rare that the second group passed and a batch holds fewer. None of a canary may be marked before most
    of it has an outcome: it is judged as a whole.
    """
    if batch.claim.canary and not is_decided(batch.claim.size, tally):
        return []
    fewest = 1 if batch.claim.first_failed else MIN_SHARED
    failing = {name for name, (lost, total) in gone_by_platform(batch, tally).items() if lost >= fewest and lost * 2 > total}
    return [one for one in gone if batch.platforms.get(batch.destinations[one[1]].message, "") not in failing]


def is_decided(size: int, tally: Mapping[str, Mapping[str, int]]) -> bool:
    """Return whether nine tenths of a canary have an outcome, as `batch.DECIDED` asks for."""
    return sum(sum(numbers.values()) for numbers in tally.values()) * 10 >= size * 9


def gone_by_platform(batch: OpenBatch, tally: Mapping[str, Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    """Return (gone, all) outcomes by platform."""
    found: dict[str, tuple[int, int]] = {}
    for message, numbers in tally.items():
        platform = batch.platforms.get(int(message), "")
        lost, total = found.get(platform, (0, 0))
        gone = sum(numbers.get(reason, 0) for reason in outcomes.GONE_REASONS)
        found[platform] = (lost + gone, total + sum(numbers.values()))
    return found


_NOT_STARTED = Outcome(SendResult.RETRY)


def _wait(claim: Claim, *, alone: bool) -> float:
    if alone:
        return float(min(INITIAL_BACKOFF * 2 ** min(claim.device_tries, 10), MAX_DEVICE_BACKOFF))
    return float(min(INITIAL_BACKOFF * 2 ** min(claim.tries, 10), MAX_BACKOFF))


def _retry_after(results: dict[int, Outcome]) -> float:
    """Return the longest wait in seconds that FCM asked for with a response that concerns its own message alone, else 0."""
    return max((outcome.wait or 0.0 for outcome in results.values() if not outcome.block_reason), default=0.0)


def failed_alone(batch: OpenBatch, results: dict[int, Outcome]) -> set[int]:
    """Return the tickets that were tried and have to be tried again while nothing is wrong with the project."""
    if batch.permit.consecutive_blocks or reason_to_block(results) is not None:
        return set()
    return {
        ticket
        for ticket, outcome in results.items()
        if outcome.result is SendResult.RETRY
        or (outcome.result is SendResult.UNCERTAIN and ticket in batch.claim.uncertain_tickets)
    }


def own_halt_reason(results: dict[int, Outcome]) -> str:
    """Return the reason of an outcome that halts the campaign by itself, or ""."""
    return next((one.halt_reason for one in results.values() if one.halt_reason and not one.needs_majority), "")


def shared_outcome(batch: OpenBatch, results: dict[int, Outcome]) -> Outcome | None:
    """Return the outcome that one address alone may have, where most of those that got the same message have it; or None.

    By message, because a message is for one platform: where Apple does not accept the key, most of a mixed batch may be fine. A
    batch of what is tried again holds odd devices, so that most of it says nothing, unless it is the canary. After a
    canary, what may be the fault of devices counts only if most of the whole batch has it: a few devices of a language or
    platform that hardly anybody has must not end an alert.
    """
    after_canary, size = batch.claim.after_canary, batch.claim.size
    of_devices = [outcome for outcome in results.values() if outcome.needs_majority and not outcome.renew_token]
    if after_canary and batch.claim.fresh and len(of_devices) * 2 > size:
        return of_devices[0]
    by_message: dict[int, list[Outcome]] = {}
    for ticket, outcome in results.items():
        by_message.setdefault(batch.destinations[ticket].message, []).append(outcome)
    for same in by_message.values():
        shared = [outcome for outcome in same if outcome.needs_majority and (outcome.renew_token or not after_canary)]
        if len(shared) * 2 > len(same) and (len(shared) >= MIN_SHARED or len(same) == size):
            return shared[0]
    return None


def reason_to_block(results: dict[int, Outcome]) -> Outcome | None:
    """Return the outcome that asks for the longest block, or one of our own when FCM was slow or down throughout."""
    blocking = [outcome for outcome in results.values() if outcome.block_reason]
    if blocking:
        return max(blocking, key=lambda outcome: outcome.wait or outcome.initial_wait)
    slow = sum(outcome.slow for outcome in results.values())
    if slow >= fcm.MAX_SLOW_RESPONSES and not any(outcome.result is SendResult.ACCEPTED for outcome in results.values()):
        return Outcome(SendResult.RETRY, block_reason="FCM responds that it is unavailable.", wait=_retry_after(results) or None)
    return None
