"""The fault plan: how the messages that match a rule are answered. Nothing is random, so that a run can be repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import blake2b
from typing import Any

from fcm_emulator import fault_plan_document
from fcm_emulator.fault_plan_document import LatencyDocument, RetryDateDocument, RuleDocument
from fcm_emulator.http_messages import Response
from fcm_emulator.latency import FixedLatency, LatencySpread
from fcm_emulator.responses import ACCEPTING, PLANNED


@dataclass(slots=True)
class FaultRule:
    """A rule of the plan. The first rule that matches a message answers it."""

    #: A key of PLANNED.
    answer: str
    response: Response
    #: The conditions by name; all of them must hold.
    match: dict[str, Any]
    #: How many messages the rule answers before it is used up; None for any number.
    times: int | None = None
    latency: FixedLatency | LatencySpread = field(default_factory=FixedLatency)
    #: Seconds from the response to the date in its Retry-After.
    date_in: int | None = None
    #: How many messages this rule has counted for `every`, and how many it has answered.
    seen: int = 0
    used: int = 0

    def matches(self, address: str) -> bool:
        """Return whether this rule answers a message to `address`, and count the message if so."""
        if self.times is not None and self.used >= self.times:
            return False
        match = self.match
        if "address_prefix" in match and not address.startswith(match["address_prefix"]):
            return False
        if "address_hash_share" in match and not hash_share(address) < match["address_hash_share"]:
            return False
        if "every" in match:
            self.seen += 1
            if self.seen % match["every"]:
                return False
        self.used += 1
        return True

    def always_matches(self, address: str) -> bool:
        """Return whether the rule matches this address at any time."""
        match = self.match
        return (
            "every" not in match
            and self.times is None
            and address.startswith(match.get("address_prefix", ""))
            and hash_share(address) < match.get("address_hash_share", 1)
        )

    @property
    def accepts(self) -> bool:
        """Return whether messages that this rule answers reach the phone."""
        return self.answer in ACCEPTING

    def as_dict(self) -> dict[str, Any]:
        """Return the rule and how often it was used."""
        return {
            "match": self.match,
            "answer": self.answer,
            "latency_ms": self.latency.setting,
            "times": self.times,
            "used": self.used,
        }

    def response_at(self, at: float) -> Response:
        """Return the response to the message that was matched last, as sent at `at` (seconds since 1970)."""
        response = self.response
        if self.date_in is not None:
            date = formatdate(at + self.date_in, usegmt=True).encode()
            response = response._replace(headers=(*response.headers, (b"Retry-After", date)))
        delay = self.latency.seconds(self.used - 1)
        return response._replace(delay=delay) if delay else response


@dataclass(slots=True)
class FaultPlan:
    """The rules in force, in order. Messages that no rule matches are accepted at once."""

    rules: list[FaultRule] = field(default_factory=list)
    #: These replace the server's options of the same meaning; None leaves the option in force.
    quota: int | None = None
    quota_retry_after: int | None = None
    goaway_after: int | None = None

    def is_unregistered(self, address: str) -> bool:
        """Return whether messages to this address are always answered UNREGISTERED; nothing is counted."""
        return any(rule.answer == "UNREGISTERED" and rule.always_matches(address) for rule in self.rules)

    def as_dict(self) -> dict[str, Any]:
        """Return the plan and how often each rule was used."""
        options = {"quota": self.quota, "quota_retry_after": self.quota_retry_after, "goaway_after": self.goaway_after}
        return {
            "rules": [rule.as_dict() for rule in self.rules],
            **{name: value for name, value in options.items() if value is not None},
        }

    def choose(self, address: str) -> FaultRule | None:
        """Return the rule that answers a message to `address`, or None to accept it."""
        for rule in self.rules:
            if rule.matches(address):
                return rule
        return None


def hash_share(address: str) -> float:
    """Return a fixed number in [0, 1) for an address, evenly distributed over all addresses."""
    return int.from_bytes(blake2b(address.encode(), digest_size=8).digest()) / 2**64


def read_plan(document: Any) -> FaultPlan:
    """Return the plan in a parsed JSON document. InvalidFaultPlan names the first field that is wrong."""
    parsed = fault_plan_document.parse(document)
    return FaultPlan(
        [_rule(rule) for rule in parsed.rules],
        quota=parsed.quota,
        quota_retry_after=parsed.quota_retry_after,
        goaway_after=parsed.goaway_after,
    )


def _rule(document: RuleDocument) -> FaultRule:
    response, date_in = PLANNED[document.answer], None
    if isinstance(document.retry_after, RetryDateDocument):
        date_in = document.retry_after.date_in
    elif document.retry_after is not None:
        header = (b"Retry-After", str(document.retry_after).encode())
        response = response._replace(headers=(*response.headers, header))
    if document.whole_connection:
        response = response._replace(whole_connection=True)
    latency = document.latency_ms
    return FaultRule(
        document.answer,
        response,
        document.match.model_dump(exclude_unset=True),
        times=document.times,
        latency=LatencySpread(latency.p50, latency.p99) if isinstance(latency, LatencyDocument) else FixedLatency(latency),
        date_in=date_in,
    )
