"""How often each address was tried and reached, compact enough for a million: nobody is missed or doubled unseen."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

#: Addresses a block: a campaign pays only for the neighbourhoods that it touches.
BLOCK = 4096
_EMPTY = bytes(array("H", [0]).itemsize * BLOCK * 2)
_MOST = 65_535
#: How long the course of a series is kept, in steps of 100 ms.
STEPS_A_SECOND = 10
MOST_STEPS = 6 * 3600 * STEPS_A_SECOND


class Key(NamedTuple):
    """What is counted apart: the tag a message replaces by, and which alert and revision it carries."""

    tag: str
    alert: str
    rev: str


class Series:
    """The counts of one alert: for each address how many messages came and how many the phone took."""

    __slots__ = (
        "accepted",
        "addresses",
        "blocks",
        "by_answer",
        "course",
        "doubled",
        "fanned_out",
        "first_at",
        "last_at",
        "tried",
    )

    def __init__(self, at: float) -> None:
        #: Seconds since 1970 of the first and the last message, and how many came in each tenth of a second since the first.
        self.first_at = self.last_at = at
        self.course = array("I", [0])
        self.blocks: dict[int, array[int]] = {}
        self.by_answer: Counter[str] = Counter()
        #: Messages taken, addresses that took at least one, addresses that took more, addresses that any message was for.
        self.accepted = self.addresses = self.doubled = self.tried = 0
        #: Phones that messages to topics went to.
        self.fanned_out = 0

    def add(self, index: int, answer: str, *, accepted: bool, at: float) -> None:
        """Count one message to the address with this index."""
        self.by_answer[answer] += 1
        if at > self.last_at:
            self.last_at = at
        # A clock that was set back counts into the first step.
        step = max(int((at - self.first_at) * STEPS_A_SECOND), 0)
        course = self.course
        if step >= len(course) and step < MOST_STEPS:
            course.extend([0] * (step + 1 - len(course)))
        if step < MOST_STEPS:
            course[step] += 1
        block = self.blocks.get(index // BLOCK)
        if block is None:
            block = self.blocks[index // BLOCK] = array("H", _EMPTY)
        place = index % BLOCK * 2
        received = block[place + 1]
        if received < _MOST:
            block[place + 1] = received + 1
        if not received:
            self.tried += 1
        if accepted:
            taken = block[place]
            if taken < _MOST:
                block[place] = taken + 1
            self.accepted += 1
            if taken == 0:
                self.addresses += 1
            elif taken == 1:
                self.doubled += 1

    def each(self) -> Iterator[tuple[int, int, int]]:
        """Yield (index, accepted, received) of every address that a message was for, in order of first sight."""
        for number in sorted(self.blocks):
            block = self.blocks[number]
            for place in range(BLOCK):
                if block[place * 2 + 1]:
                    yield number * BLOCK + place, block[place * 2], block[place * 2 + 1]


class Counts:
    """All counts since the start or the last reset."""

    def __init__(self) -> None:
        self.series: dict[Key, Series] = {}
        #: (kind, address) in order of first sight, and back.
        self.names: list[tuple[str, str]] = []
        self._index: dict[str, dict[str, int]] = {"fid": {}, "token": {}, "topic": {}, "condition": {}}
        #: Requests that never became a message, by what they were answered.
        self.without_message: Counter[str] = Counter()

    def add(self, key: Key, kind: str, address: str, answer: str, *, accepted: bool, at: float) -> None:
        """Count one message that came at `at`."""
        known = self._index[kind]
        index = known.get(address)
        if index is None:
            index = known[address] = len(self.names)
            self.names.append((kind, address))
        series = self.series.get(key)
        if series is None:
            series = self.series[key] = Series(at)
        series.add(index, answer, accepted=accepted, at=at)

    def select(self, **wanted: str) -> dict[Key, Series]:
        """Return the series whose tag, alert and rev are as given; what is not given may be anything."""
        return {
            key: series
            for key, series in self.series.items()
            if all(getattr(key, name) == value for name, value in wanted.items())
        }

    def summary(self, **wanted: str) -> dict[str, Any]:
        """Return the totals of the selected series; an address is `doubled` when it took the same alert and revision twice."""
        chosen = self.select(**wanted)
        by_answer: Counter[str] = Counter() if wanted else Counter(self.without_message)
        for series in chosen.values():
            by_answer.update(series.by_answer)
        accepted = sum(series.accepted for series in chosen.values())
        if len(chosen) == 1:
            (only,) = chosen.values()
            reached, tried = only.addresses, only.tried
        else:
            reached = len({index for series in chosen.values() for index, taken, _ in series.each() if taken})
            tried = len({index for series in chosen.values() for index, _, _ in series.each()})
        return {
            **wanted,
            "accepted_total": accepted,
            "addresses": reached,
            "tried": tried,
            "messages": by_answer.total(),
            "doubled": sum(series.doubled for series in chosen.values()),
            "repeats": accepted - sum(series.addresses for series in chosen.values()),
            "fanned_out": sum(series.fanned_out for series in chosen.values()),
            "by_answer": dict(sorted(by_answer.items())),
            "first_at": min((series.first_at for series in chosen.values()), default=None),
            "last_at": max((series.last_at for series in chosen.values()), default=None),
        }

    def seconds(self, **wanted: str) -> list[int]:
        """Return how many messages came in each second since the first of the selected series, for six hours at most.

        Several series are put together in steps of 100 ms, so that a message may be found one second beside its own.
        """
        chosen = self.select(**wanted).values()
        first = min((series.first_at for series in chosen), default=0.0)
        steps = [0] * MOST_STEPS if chosen else []
        last = 0
        for series in chosen:
            start = int((series.first_at - first) * STEPS_A_SECOND)
            for number, count in enumerate(series.course[: max(MOST_STEPS - start, 0)], start):
                steps[number] += count
                last = max(last, number if count else 0)
        return [sum(steps[number : number + STEPS_A_SECOND]) for number in range(0, last + 1, STEPS_A_SECOND)] if steps else []

    def each(self, **wanted: str) -> Iterator[dict[str, Any]]:
        """Yield one dict for each selected alert and address: kind, address, tag, alert, rev, accepted, received."""
        for key, series in self.select(**wanted).items():
            for index, accepted, received in series.each():
                kind, address = self.names[index]
                yield {"kind": kind, "address": address, **key._asdict(), "accepted": accepted, "received": received}
