"""The fault plan: which messages are answered with what, decided without chance so that a run can be repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from notifications.emulator.answers import ACCEPTING, PLANNED
from notifications.emulator.exchange import Reply

_MATCH = frozenset({"address_prefix", "address_hash_share", "every", "any"})
_RULE = frozenset({"match", "answer", "retry_after", "latency_ms", "times"})
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

    @property
    def accepts(self) -> bool:
        """Say whether the phone gets the message under this rule."""
        return self.answer in ACCEPTING

    def as_dict(self) -> dict[str, Any]:
        """Return the rule with how often it was used."""
        return {
            "match": self.match,
            "answer": self.answer,
            "latency_ms": round(self.reply.delay * 1000),
            "times": self.times,
            "used": self.used,
        }


@dataclass(slots=True)
class Plan:
    """The rules in force, in order; none accept everything at once."""

    rules: list[Rule] = field(default_factory=list)

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
    _only(document, frozenset({"rules"}), "the plan")
    rules = document.get("rules")
    if not isinstance(rules, list):
        raise BadPlan("rules must be a list")
    return Plan([_read_rule(rule, f"rules[{number}]") for number, rule in enumerate(rules)])


def _read_rule(document: Any, where: str) -> Rule:
    _only(document, _RULE, where)
    answer = document.get("answer")
    if answer not in PLANNED:
        raise BadPlan(f"{where}.answer must be one of {', '.join(PLANNED)}")
    reply = PLANNED[answer]
    if "retry_after" in document:
        reply = reply._replace(headers=(*reply.headers, (b"Retry-After", _header(document["retry_after"], where))))
    if "latency_ms" in document:
        reply = reply._replace(delay=_number(document["latency_ms"], f"{where}.latency_ms", 0, _LONGEST_LATENCY_MS) / 1000)
    times = int(_number(document["times"], f"{where}.times", 1, 2**63, whole=True)) if "times" in document else None
    return Rule(answer, reply, _read_match(document.get("match"), f"{where}.match"), times)


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


def _number(value: Any, where: str, low: int, high: int, *, whole: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not low <= value <= high:
        raise BadPlan(f"{where} must be a {'whole ' if whole else ''}number from {low} to {high}")
    return float(value)


def _header(value: Any, where: str) -> bytes:
    """Return Retry-After as it will stand in the answer: seconds, a date or, to try a sender's nerves, nonsense."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadPlan(f"{where}.retry_after must be a number of seconds or text")
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        raise BadPlan(f"{where}.retry_after must be printable ASCII")
    return text.encode()
