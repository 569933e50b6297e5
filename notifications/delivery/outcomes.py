"""From FCM's answer to what it means, in one table: for the installation, for the campaign and for the whole project.

https://firebase.google.com/docs/cloud-messaging/error-codes; the two shapes of 400 are told apart by details[].@type.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

import orjson

_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
#: A longer silence than this is asked for again when it is over.
LONGEST_WAIT = 900.0


class Kind(StrEnum):
    """What is known of one attempt."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    #: Surely not accepted: to be tried again.
    LATER = "later"
    #: Perhaps accepted: one more try, then unknown.
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt, and what follows from it."""

    kind: Kind
    #: Why it was rejected: a short name that is counted.
    reason: str = ""
    #: The installation is off the list, for as long as its address is still the one that failed.
    gone: bool = False
    #: Why the whole campaign has to halt, in words for a person.
    halt: str = ""
    #: It halts only when most of a batch say so: one stranger's address must not stop an alert.
    if_most: bool = False
    #: The project is to be left alone: nobody should send to it for `wait` seconds (None: as long as we think right).
    block: str = ""
    wait: float | None = None
    #: What "as long as we think right" begins with; it doubles with each block in a row.
    first_wait: float = 1.0
    #: FCM was slow or down for this one; a row of them means that it is for all.
    slow: bool = False

    @property
    def ends_batch(self) -> bool:
        """Tell whether to start no further request of this batch."""
        return bool(self.block or (self.halt and not self.if_most))


ACCEPTED = Outcome(Kind.ACCEPTED)
GONE = Outcome(Kind.REJECTED, reason="unregistered", gone=True)
QUARANTINED = Outcome(Kind.REJECTED, reason="invalid-address", gone=True)
UNSURE = Outcome(Kind.UNSURE)
UNREACHABLE = Outcome(Kind.LATER, block="FCM cannot be reached.", slow=True)
DAMAGED = Outcome(Kind.REJECTED, reason="unreadable-address")


def read_answer(status: int, retry_after: str | None, body: bytes, *, at: datetime | None = None) -> Outcome:
    """Return what an answer of FCM means; `at` is now (the clock's, if not given), for a Retry-After that is a date."""
    if status == 200 and _names_a_message(body):
        return ACCEPTED
    code, violations = _details(body)
    outcome = _outcome(status, code, violations)
    if outcome.slow and retry_after is not None and (wait := _seconds(retry_after, at or datetime.now(UTC))) is not None:
        outcome = replace(outcome, block=outcome.block or "FCM asked for a pause.", wait=wait)
    return outcome


def _outcome(status: int, code: str, violations: list[str] | None) -> Outcome:
    match status, code:
        case 404, "UNREGISTERED":
            return GONE
        case 404, _:
            return _halt(
                "FCM answered 404 without saying UNREGISTERED: the endpoint or the project is wrong. Nobody was deleted."
            )
        case 400, "INVALID_ARGUMENT" if violations is None:
            return QUARANTINED
        case 400, _ if violations in (["message.token"], ["message.fid"]):
            return QUARANTINED
        case 400, _:
            named = f" ({', '.join(violations)})" if violations else ""
            return _halt(f"FCM refused the message itself{named}: every device would refuse it. Nobody was deleted.")
        case _, "THIRD_PARTY_AUTH_ERROR":
            return _halt("Apple's or a browser's push service does not accept this project's key. Nobody was deleted.")
        case 401, _:
            return _halt("FCM does not accept our credentials (401). Nobody was deleted.")
        case 403, "SENDER_ID_MISMATCH":
            halt = "Most addresses belong to another Firebase project (SENDER_ID_MISMATCH). Nobody was deleted."
            return Outcome(Kind.REJECTED, reason="sender-id-mismatch", halt=halt, if_most=True)
        case 403, _:
            return _halt("Our account may not send for this Firebase project (403). Nobody was deleted.")
        case 429, _:
            # Without Retry-After Google asks for a minute: https://firebase.google.com/docs/cloud-messaging/scale-fcm
            return Outcome(Kind.LATER, block="FCM says that the quota is used up (429).", slow=True, first_wait=60.0)
        case ((500 | 503), _):
            return Outcome(Kind.LATER, slow=True)
        case ((502 | 504), _):
            # A gateway answered in FCM's place and does not know what FCM did.
            return Outcome(Kind.UNSURE, slow=True)
        case 200, _:
            return replace(UNSURE, halt="Something that is not FCM answered 200 in its place; look at FCM_ENDPOINT.")
        case _:
            return _halt(f"FCM answered {status}, which it is not known to. Nobody was deleted.")


def _halt(sentence: str) -> Outcome:
    return Outcome(Kind.LATER, halt=sentence)


def _names_a_message(body: bytes) -> bool:
    document = _json(body)
    return isinstance(document, dict) and isinstance(document.get("name"), str)


def _details(body: bytes) -> tuple[str, list[str] | None]:
    """Return FCM's error code ("" without one) and the fields of a BadRequest (None without one)."""
    document = _json(body)
    error = document.get("error") if isinstance(document, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    code, violations = "", None
    for detail in details if isinstance(details, list) else ():
        if not isinstance(detail, dict):
            continue
        if detail.get("@type") == _FCM_ERROR:
            code = str(detail.get("errorCode", ""))
        elif detail.get("@type") == _BAD_REQUEST:
            found = detail.get("fieldViolations")
            violations = [str(item.get("field", ""))[:80] for item in found or () if isinstance(item, dict)]
    return code, violations


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _seconds(value: str, at: datetime) -> float | None:
    """Read Retry-After, seconds or a date; None for nonsense."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, IndexError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - at).total_seconds(), 0.0), LONGEST_WAIT)
