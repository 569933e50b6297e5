"""Who is subscribed to which topic."""

from __future__ import annotations

from fcm_emulator.conditions import read_condition

#: What one installation can have: https://firebase.google.com/docs/cloud-messaging/topic-messaging
MOST_TOPICS = 2_000


class TooManyTopics(Exception):
    """The installation has 2,000 topics already."""


class Topics:
    """The subscriptions of one project."""

    def __init__(self) -> None:
        #: topic → address → seconds since 1970, in the order of subscribing.
        self.by_topic: dict[str, dict[str, float]] = {}
        #: address → its topics.
        self.by_address: dict[str, dict[str, float]] = {}

    def since(self, address: str, topic: str) -> float | None:
        """Return when the address was subscribed, or None when it is not."""
        return self.by_address.get(address, {}).get(topic)

    def subscribe(self, address: str, topic: str, *, at: float) -> bool:
        """Subscribe an address and say whether it was not before; TooManyTopics when it has as many as it can."""
        if self.since(address, topic) is not None:
            return False
        if len(self.by_address.get(address, ())) >= MOST_TOPICS:
            raise TooManyTopics
        self.by_address.setdefault(address, {})[topic] = at
        self.by_topic.setdefault(topic, {})[address] = at
        return True

    def unsubscribe(self, address: str, topic: str) -> bool:
        """End a subscription and say whether there was one."""
        if self.since(address, topic) is None:
            return False
        _take_out(self.by_address, address, topic)
        _take_out(self.by_topic, topic, address)
        return True

    def reached(self, kind: str, target: str) -> dict[str, float]:
        """Return the addresses that a message to a topic or a condition is for, with when they were subscribed."""
        if kind == "topic":
            return self.by_topic.get(target, {})
        held = read_condition(target)
        return {address: min(topics.values()) for address, topics in self.by_address.items() if held(topics)}


def kind_of(address: str) -> str:
    """Return "fid" or "token" for an address that does not say which: only tokens have a colon."""
    return "token" if ":" in address else "fid"


def _take_out(table: dict[str, dict[str, float]], key: str, entry: str) -> None:
    del table[key][entry]
    if not table[key]:
        del table[key]
