"""The topic subscriptions of a project."""

from __future__ import annotations

from fcm_emulator.conditions import parse_condition

#: The limit for one installation: https://firebase.google.com/docs/cloud-messaging/topic-messaging
MAX_TOPICS = 2_000


class TooManyTopics(Exception):
    """The installation is subscribed to 2,000 topics already."""


class Topics:
    """The subscriptions of one project."""

    def __init__(self) -> None:
        #: topic → address → seconds since 1970, in the order of subscription.
        self.by_topic: dict[str, dict[str, float]] = {}
        #: address → topic → seconds since 1970.
        self.by_address: dict[str, dict[str, float]] = {}

    def since(self, address: str, topic: str) -> float | None:
        """Return when the address was subscribed, in seconds since 1970, or None if it is not subscribed."""
        return self.by_address.get(address, {}).get(topic)

    def subscribe(self, address: str, topic: str, *, at: float) -> bool:
        """Subscribe an address; return whether it was not subscribed before. TooManyTopics at the limit."""
        if self.since(address, topic) is not None:
            return False
        if len(self.by_address.get(address, ())) >= MAX_TOPICS:
            raise TooManyTopics
        self.by_address.setdefault(address, {})[topic] = at
        self.by_topic.setdefault(topic, {})[address] = at
        return True

    def unsubscribe(self, address: str, topic: str) -> bool:
        """End a subscription; return whether there was one."""
        if self.since(address, topic) is None:
            return False
        _delete(self.by_address, address, topic)
        _delete(self.by_topic, topic, address)
        return True

    def recipients(self, kind: str, target: str) -> dict[str, float]:
        """Return the addresses that a message to a topic or condition reaches, with when they were subscribed."""
        if kind == "topic":
            return self.by_topic.get(target, {})
        holds = parse_condition(target)
        return {address: min(topics.values()) for address, topics in self.by_address.items() if holds(topics)}


def kind_of(address: str) -> str:
    """Return "token" for an address with a colon, which only tokens have, and "fid" for any other."""
    return "token" if ":" in address else "fid"


def _delete(table: dict[str, dict[str, float]], key: str, entry: str) -> None:
    del table[key][entry]
    if not table[key]:
        del table[key]
