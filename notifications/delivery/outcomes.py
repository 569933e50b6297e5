"""Map each response of FCM to its outcome: for the installation, for the campaign and for the Firebase project.

https://firebase.google.com/docs/cloud-messaging/error-codes; the two forms of 400 differ in details[].@type.
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
_QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"
#: Seconds to wait after a 429 without Retry-After: https://firebase.google.com/docs/cloud-messaging/scale-fcm
_QUOTA_WAIT = 60.0
#: The longest Retry-After that is honoured, in seconds; after it FCM is asked again.
MAX_RETRY_AFTER = 900.0


class SendResult(StrEnum):
    """The result of one attempt to send."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    #: Certainly not accepted: to be tried again.
    RETRY = "retry"
    #: Possibly accepted: tried once more, then counted as unknown.
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt, and its consequences."""

    result: SendResult
    #: Why the message was rejected: the short name under which it is counted.
    reason: str = ""
    #: The installation is marked gone, if its address is still the one that failed.
    gone: bool = False
    #: Why the whole campaign has to halt, as a sentence for people; "" if it does not.
    halt_reason: str = ""
    #: The campaign halts only when most of those that get the same message have this outcome: one address must not stop an alert.
    needs_majority: bool = False
    #: FCM did not accept the access token: it is fetched again before the next try.
    renew_token: bool = False
    #: Why nothing may be sent to the project for `wait` seconds, as a sentence; "" if it may.
    block_reason: str = ""
    #: Seconds before the next try, of the project if it is blocked and else of this installation; None: our own back-off.
    wait: float | None = None
    #: First step of our own back-off in seconds; it doubles with each consecutive block.
    initial_wait: float = 1.0
    #: FCM was slow or down for this request. Several in a row put the batch off.
    slow: bool = False

    @property
    def ends_batch(self) -> bool:
        """Return whether no further request of the batch may start."""
        return bool(self.block_reason or (self.halt_reason and not self.needs_majority))


ACCEPTED = Outcome(SendResult.ACCEPTED)
UNREGISTERED = Outcome(SendResult.REJECTED, reason="unregistered", gone=True)
INVALID_ADDRESS = Outcome(SendResult.REJECTED, reason="invalid-address", gone=True)
#: Reasons of what FCM reports gone.
GONE_REASONS = (UNREGISTERED.reason, INVALID_ADDRESS.reason)
UNREADABLE_ADDRESS = Outcome(SendResult.REJECTED, reason="unreadable-address")
UNCERTAIN = Outcome(SendResult.UNCERTAIN)
UNREACHABLE = Outcome(SendResult.RETRY, block_reason="FCM cannot be reached.", slow=True)


def read_response(status: int, retry_after: str | None, body: bytes, *, at: datetime | None = None) -> Outcome:
    """Return the outcome of a response of FCM; `at` (default: now) is the instant that a Retry-After date counts from."""
    if status == 200 and _names_a_message(body):
        return ACCEPTED
    code, violations, target_alone = _details(body)
    outcome = _outcome(status, code, violations, target_alone=target_alone)
    if retry_after is not None and (outcome.slow or outcome.wait):
        # With a 500 or 503 it is for this request: https://firebase.google.com/docs/cloud-messaging/error-codes
        wait = _seconds(retry_after, at or datetime.now(UTC))
        outcome = outcome if wait is None else replace(outcome, wait=wait)
    return outcome


def _outcome(  # noqa: C901, PLR0912  a case for each error of FCM
    status: int, code: str, violations: list[str] | None, *, target_alone: bool
) -> Outcome:
    match status, code:
        case 404, "UNREGISTERED":
            return UNREGISTERED
        case 404, _:
            return _halt(
                "FCM does not know the address or the account that we send with (404 without UNREGISTERED). No phone was removed."
            )
        case 400, "INVALID_ARGUMENT" if violations is None:
            return INVALID_ADDRESS
        case 400, _ if violations in (["message.token"], ["message.fid"]):
            return INVALID_ADDRESS
        case 400, _:
            named = f" ({', '.join(violations)})" if violations else ""
            return _halt(f"FCM refused the message itself{named}, as it would for every phone. No phone was removed.")
        case _, "THIRD_PARTY_AUTH_ERROR":
            # Also for one token alone: https://github.com/firebase/firebase-admin-node/issues/3215, a web token of another key.
            halt = "Apple's or a browser's push service does not accept our key. No phone was removed."
            return Outcome(SendResult.REJECTED, reason="third-party-auth", halt_reason=halt, needs_majority=True)
        case 401, _:
            # FCM answers 401 now and then for a valid token: https://github.com/firebase/firebase-admin-node/issues/2294.
            halt = "FCM does not accept our credentials (401). No phone was removed."
            return Outcome(SendResult.RETRY, halt_reason=halt, needs_majority=True, renew_token=True)
        case 403, "SENDER_ID_MISMATCH":
            halt = "Most phones belong to another sending account (SENDER_ID_MISMATCH). No phone was removed."
            return Outcome(SendResult.REJECTED, reason="sender-id-mismatch", halt_reason=halt, needs_majority=True)
        case 403, _:
            return _halt("Our sending account may not send to these apps (403). No phone was removed.")
        case 429, _ if target_alone:
            return Outcome(SendResult.RETRY, wait=_QUOTA_WAIT)
        case 429, _:
            return Outcome(SendResult.RETRY, block_reason="FCM's quota is used up (429).", slow=True, initial_wait=_QUOTA_WAIT)
        case ((500 | 503), _):
            return Outcome(SendResult.RETRY, slow=True)
        case ((502 | 504), _):
            # A gateway responded in FCM's place, and does not know what FCM did.
            return Outcome(SendResult.UNCERTAIN, slow=True)
        case 200, _:
            return replace(UNCERTAIN, halt_reason="Something other than FCM responded 200 in its place. Check FCM_ENDPOINT.")
        case _:
            return _halt(f"FCM responded {status}, which it does not document. No phone was removed.")


def _halt(sentence: str) -> Outcome:
    return Outcome(SendResult.RETRY, halt_reason=sentence)


def _names_a_message(body: bytes) -> bool:
    document = _json(body)
    return isinstance(document, dict) and isinstance(document.get("name"), str)


def _details(body: bytes) -> tuple[str, list[str] | None, bool]:
    """Return FCM's error code ("" without one), the fields of a BadRequest (None without one), and `_names_the_target_alone`."""
    document = _json(body)
    error = document.get("error") if isinstance(document, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    code, violations, quotas = "", None, []
    for detail in details if isinstance(details, list) else ():
        if not isinstance(detail, dict):
            continue
        if detail.get("@type") == _FCM_ERROR:
            code = str(detail.get("errorCode", ""))
        elif detail.get("@type") == _BAD_REQUEST:
            violations = [str(item.get("field", ""))[:80] for item in _items(detail, "fieldViolations")]
        elif detail.get("@type") == _QUOTA_FAILURE:
            quotas += [f"{item.get('subject')} {item.get('description')}".lower() for item in _items(detail, "violations")]
    return code, violations, _names_the_target_alone(quotas)


def _names_the_target_alone(quotas: list[str]) -> bool:
    """Return whether each exceeded quota is that of the device or the topic that the message was for, not of the project.

    https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode: a QuotaFailure says which of "overall message rate, device
    message rate, or topic message rate" was exceeded. It does not say in which words, so that anything unclear is the project's.
    """
    return bool(quotas) and all(("device" in one or "topic" in one) and "project" not in one for one in quotas)


def _items(detail: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = detail.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _seconds(value: str, at: datetime) -> float | None:
    """Return the seconds of a Retry-After header, given in seconds or as a date; None for anything else, and for none at all.

    A response that asks for a wait of no time does not ask to be repeated at once.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), MAX_RETRY_AFTER) or None
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, IndexError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - at).total_seconds(), 0.0), MAX_RETRY_AFTER) or None
