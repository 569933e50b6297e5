"""The fault plan: which messages are answered with what, decided without chance so that a run can be repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import blake2b
from typing import Any

from fcm_emulator.answers import ACCEPTING, PLANNED
from fcm_emulator.exchange import Reply
from fcm_emulator.latency import Fixed, Spread

_PLAN = frozenset({"rules", "quota", "quota_retry_after", "goaway_after"})
_MATCH = frozenset({"address_prefix", "address_hash_share", "every", "any"})
_RULE = frozenset({"match", "answer", "retry_after", "latency_ms", "times", "whole_connection"})
_LONGEST_LATENCY_MS = 600_000


class BadPlan(Exception):
    """The plan is not understood; the first argument says what and where."""


@dataclass(slots=True)
class Rule:
    """One line of the plan; the first rule that matches a message answers it."""

    answer: str
    reply: Reply
    #: Every named condition of `match` has to hold.
    match: dict[str, Any]
    times: int | None = None
    latency: Fixed | Spread = field(default_factory=Fixed)
    #: Retry-After names the date that is so many seconds ahead.
    date_in: int | None = None
    #: How many messages this rule has looked at for `every`, and how many it has answered.
    seen: int = 0
    used: int = 0

    def takes(self, address: str) -> bool:
        """Return whether this rule answers a message to `address`, and count it if so."""
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

    def names(self, address: str) -> bool:
        """Return whether the rule is for this address whenever a message comes."""
        match = self.match
        return (
            "every" not in match
            and self.times is None
            and address.startswith(match.get("address_prefix", ""))
            and hash_share(address) < match.get("address_hash_share", 1)
        )

    @property
    def accepts(self) -> bool:
        """Say whether the phone gets the message under this rule."""
        return self.answer in ACCEPTING

    def as_dict(self) -> dict[str, Any]:
        """Return the rule with how often it was used."""
        return {
            "match": self.match,
            "answer": self.answer,
            "latency_ms": self.latency.asked,
            "times": self.times,
            "used": self.used,
        }

    def reply_at(self, at: float) -> Reply:
        """Return the answer as it is given at `at`, right after `takes`."""
        reply = self.reply
        if self.date_in is not None:
            date = formatdate(at + self.date_in, usegmt=True).encode()
            reply = reply._replace(headers=(*reply.headers, (b"Retry-After", date)))
        delay = self.latency.seconds(self.used - 1)
        return reply._replace(delay=delay) if delay else reply


@dataclass(slots=True)
class Plan:
    """The rules in force, in order; none accept everything at once."""

    rules: list[Rule] = field(default_factory=list)
    #: Messages a minute and project instead of the server's own quota, and the seconds that its 429 names; None leaves both.
    quota: int | None = None
    quota_retry_after: int | None = None
    #: Requests after which a connection is told to go away, instead of the server's own.
    goaway_after: int | None = None

    def is_gone(self, address: str) -> bool:
        """Say whether messages to this address are always answered UNREGISTERED; nothing is counted."""
        return any(rule.answer == "UNREGISTERED" and rule.names(address) for rule in self.rules)

    def as_dict(self) -> dict[str, Any]:
        """Return the plan with how often each rule was used."""
        own = {"quota": self.quota, "quota_retry_after": self.quota_retry_after, "goaway_after": self.goaway_after}
        return {
            "rules": [rule.as_dict() for rule in self.rules],
            **{name: value for name, value in own.items() if value is not None},
        }

    def choose(self, address: str) -> Rule | None:
        """Return the rule that answers a message to `address`, or None to accept it."""
        for rule in self.rules:
            if rule.takes(address):
                return rule
        return None


def hash_share(address: str) -> float:
    """Return a fixed number in [0, 1) for an address, evenly spread over all addresses."""
    return int.from_bytes(blake2b(address.encode(), digest_size=8).digest()) / 2**64


def read_plan(document: Any) -> Plan:
    """Return the plan of a JSON document {"rules": [...]}, or raise BadPlan; nothing unknown is passed over."""
    _only(document, _PLAN, "the plan")
    rules = document.get("rules")
    if not isinstance(rules, list):
        raise BadPlan("rules must be a list")
    return Plan(
        [_read_rule(rule, f"rules[{number}]") for number, rule in enumerate(rules)],
        quota=_whole(document, "quota", 0, 2**31),
        quota_retry_after=_whole(document, "quota_retry_after", 0, 86_400),
        goaway_after=_whole(document, "goaway_after", 0, 2**31),
    )


def _read_rule(document: Any, where: str) -> Rule:
    _only(document, _RULE, where)
    answer = document.get("answer")
    if answer not in PLANNED:
        raise BadPlan(f"{where}.answer must be one of {', '.join(PLANNED)}")
    reply = PLANNED[answer]
    date_in = None
    if isinstance(wait := document.get("retry_after"), dict):
        _only(wait, frozenset({"date_in"}), f"{where}.retry_after")
        date_in = int(_number(wait.get("date_in"), f"{where}.retry_after.date_in", -86_400, 86_400, whole=True))
    elif "retry_after" in document:
        reply = reply._replace(headers=(*reply.headers, (b"Retry-After", _header(wait, where))))
    if "whole_connection" in document:
        if document["whole_connection"] is not True or reply.fault != "reset":
            raise BadPlan(f"{where}.whole_connection is true and belongs to a RESET")
        reply = reply._replace(whole_connection=True)
    return Rule(
        answer,
        reply,
        _read_match(document.get("match"), f"{where}.match"),
        times=_whole(document, "times", 1, 2**63, where),
        latency=_latency(document.get("latency_ms", 0), f"{where}.latency_ms"),
        date_in=date_in,
    )


def _latency(value: Any, where: str) -> Fixed | Spread:
    if not isinstance(value, dict):
        return Fixed(_number(value, where, 0, _LONGEST_LATENCY_MS))
    _only(value, frozenset({"p50", "p99"}), where)
    p50 = _number(value.get("p50"), f"{where}.p50", 1, _LONGEST_LATENCY_MS)
    return Spread(p50, _number(value.get("p99"), f"{where}.p99", p50, _LONGEST_LATENCY_MS))


def _read_match(document: Any, where: str) -> dict[str, Any]:
    _only(document, _MATCH, where)
    if not document:
        raise BadPlan(f"{where} must name at least one of {', '.join(sorted(_MATCH))}")
    if "any" in document and (document["any"] is not True or len(document) > 1):
        raise BadPlan(f"{where}.any is true and stands alone")
    if "address_prefix" in document and not isinstance(document["address_prefix"], str):
        raise BadPlan(f"{where}.address_prefix must be text")
    if "address_hash_share" in document:
        _number(document["address_hash_share"], f"{where}.address_hash_share", 0, 1)
    if "every" in document:
        _number(document["every"], f"{where}.every", 1, 2**63, whole=True)
    return dict(document)


def _only(document: Any, known: frozenset[str], where: str) -> None:
    if not isinstance(document, dict):
        raise BadPlan(f"{where} must be an object")
    if unknown := sorted(set(document) - known):
        raise BadPlan(f"{where} does not know {', '.join(unknown)}")


def _number(value: Any, where: str, low: float, high: int, *, whole: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not low <= value <= high:
        raise BadPlan(f"{where} must be a {'whole ' if whole else ''}number from {low:g} to {high}")
    return float(value)


def _whole(document: dict[str, Any], name: str, low: int, high: int, where: str = "the plan") -> int | None:
    return int(_number(document[name], f"{where}.{name}", low, high, whole=True)) if name in document else None


def _header(value: Any, where: str) -> bytes:
    """Return Retry-After as it will stand in the answer: seconds, a date or, to try a sender's nerves, nonsense."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadPlan(f'{where}.retry_after must be a number of seconds or text, or {{"date_in": seconds}}')
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        raise BadPlan(f"{where}.retry_after must be printable ASCII")
    return text.encode()
