"""How many messages each address was sent and accepted, compact enough for a million addresses."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

#: Addresses per block. Memory is used only for blocks with an address that an alert was sent to.
BLOCK = 4096
_EMPTY = bytes(array("H", [0]).itemsize * BLOCK * 2)
_MAX = 65_535
#: The messages per step of 100 ms are kept for six hours.
STEPS_PER_SECOND = 10
MAX_STEPS = 6 * 3600 * STEPS_PER_SECOND


class AlertKey(NamedTuple):
    """What is counted separately: the tag by which a message replaces another, and its alert and revision."""

    tag: str
    alert: str
    rev: str


class AlertCounts:
    """The counts of one key: for each address, how many messages arrived and how many were accepted."""

    __slots__ = (
        "accepted",
        "addresses",
        "blocks",
        "by_answer",
        "doubled",
        "fanned_out",
        "first_at",
        "last_at",
        "per_step",
        "tried",
    )

    def __init__(self, at: float) -> None:
        #: When the first and the last message arrived, in seconds since 1970, and the messages per step since the first.
        self.first_at = self.last_at = at
        self.per_step = array("I", [0])
        self.blocks: dict[int, array[int]] = {}
        self.by_answer: Counter[str] = Counter()
        #: Accepted messages; addresses that accepted at least one, and more than one; addresses that any message was for.
        self.accepted = self.addresses = self.doubled = self.tried = 0
        #: Phones that messages to topics reached.
        self.fanned_out = 0

    def add(self, index: int, answer: str, *, accepted: bool, at: float) -> None:
        """Count a message to the address with this index, which arrived `at` seconds since 1970."""
        self.by_answer[answer] += 1
        if at > self.last_at:
            self.last_at = at
        # If the clock was set back before the first message, the message counts in the first step.
        step = max(int((at - self.first_at) * STEPS_PER_SECOND), 0)
        per_step = self.per_step
        if step >= len(per_step) and step < MAX_STEPS:
            per_step.extend([0] * (step + 1 - len(per_step)))
        if step < MAX_STEPS:
            per_step[step] += 1
        block = self.blocks.get(index // BLOCK)
        if block is None:
            block = self.blocks[index // BLOCK] = array("H", _EMPTY)
        place = index % BLOCK * 2
        received = block[place + 1]
        if received < _MAX:
            block[place + 1] = received + 1
        if not received:
            self.tried += 1
        if accepted:
            already_accepted = block[place]
            if already_accepted < _MAX:
                block[place] = already_accepted + 1
            self.accepted += 1
            if already_accepted == 0:
                self.addresses += 1
            elif already_accepted == 1:
                self.doubled += 1

    def each(self) -> Iterator[tuple[int, int, int]]:
        """Yield (index, accepted, received) for every address that a message was for, in the order of their indexes."""
        for number in sorted(self.blocks):
            block = self.blocks[number]
            for place in range(BLOCK):
                if block[place * 2 + 1]:
                    yield number * BLOCK + place, block[place * 2], block[place * 2 + 1]


class MessageCounts:
    """All counts since the start of the server or the last reset."""

    def __init__(self) -> None:
        self.by_key: dict[AlertKey, AlertCounts] = {}
        #: (kind, address) by index, and the index by kind and address.
        self.names: list[tuple[str, str]] = []
        self._index: dict[str, dict[str, int]] = {"fid": {}, "token": {}, "topic": {}, "condition": {}}
        #: Requests that were not accepted as a message, by the name of the response.
        self.without_message: Counter[str] = Counter()

    def add(self, key: AlertKey, kind: str, address: str, answer: str, *, accepted: bool, at: float) -> None:
        """Count a message that arrived `at` seconds since 1970."""
        known = self._index[kind]
        index = known.get(address)
        if index is None:
            index = known[address] = len(self.names)
            self.names.append((kind, address))
        counted = self.by_key.get(key)
        if counted is None:
            counted = self.by_key[key] = AlertCounts(at)
        counted.add(index, answer, accepted=accepted, at=at)

    def select(self, **wanted: str) -> dict[AlertKey, AlertCounts]:
        """Return the counts of the keys with the given tag, alert and rev; each of them can be left out."""
        return {
            key: counted
            for key, counted in self.by_key.items()
            if all(getattr(key, name) == value for name, value in wanted.items())
        }

    def summary(self, **wanted: str) -> dict[str, Any]:
        """Return the totals of the selected keys. An address is `doubled` when it accepted the same alert and revision twice."""
        chosen = self.select(**wanted)
        by_answer: Counter[str] = Counter() if wanted else Counter(self.without_message)
        for counted in chosen.values():
            by_answer.update(counted.by_answer)
        accepted = sum(counted.accepted for counted in chosen.values())
        if len(chosen) == 1:
            (only,) = chosen.values()
            reached, tried = only.addresses, only.tried
        else:
            reached = len({index for counted in chosen.values() for index, accepted_there, _ in counted.each() if accepted_there})
            tried = len({index for counted in chosen.values() for index, _, _ in counted.each()})
        return {
            **wanted,
            "accepted_total": accepted,
            "addresses": reached,
            "tried": tried,
            "messages": by_answer.total(),
            "doubled": sum(counted.doubled for counted in chosen.values()),
            "repeats": accepted - sum(counted.addresses for counted in chosen.values()),
            "fanned_out": sum(counted.fanned_out for counted in chosen.values()),
            "by_answer": dict(sorted(by_answer.items())),
            "first_at": min((counted.first_at for counted in chosen.values()), default=None),
            "last_at": max((counted.last_at for counted in chosen.values()), default=None),
        }

    def seconds(self, **wanted: str) -> list[int]:
        """Return how many messages arrived in each second since the first of the selected keys, for six hours at the most.

        Several keys are aligned in steps of 100 ms, so a message may count in the second before or after its own.
        """
        chosen = self.select(**wanted).values()
        first = min((counted.first_at for counted in chosen), default=0.0)
        steps = [0] * MAX_STEPS if chosen else []
        last = 0
        for counted in chosen:
            start = int((counted.first_at - first) * STEPS_PER_SECOND)
            for number, count in enumerate(counted.per_step[: max(MAX_STEPS - start, 0)], start):
                steps[number] += count
                last = max(last, number if count else 0)
        return (
            [sum(steps[number : number + STEPS_PER_SECOND]) for number in range(0, last + 1, STEPS_PER_SECOND)] if steps else []
        )

    def each(self, **wanted: str) -> Iterator[dict[str, Any]]:
        """Yield one dict per selected key and address: kind, address, tag, alert, rev, accepted, received."""
        for key, counted in self.select(**wanted).items():
            for index, accepted, received in counted.each():
                kind, address = self.names[index]
                yield {"kind": kind, "address": address, **key._asdict(), "accepted": accepted, "received": received}
