"""Draw the canary of a wave, and a second group: a few registrations at random, whose outcomes decide about all others.

The second group is sent to before the rest only when the canary fails (`second_groups`). Only registrations that count are drawn
(`registration.PROVEN_AFTER`): the others have no ticket and are in no index. No step depends on the size of the audience:
segments are drawn by their counters, and in each segment a registration by a look into the index of tickets.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

#: Rounds after which a canary stays smaller than asked for.
_ROUNDS = 12
#: One in so many is drawn by message rather than by size.
_SPREAD_SHARE = 4
# A random place between the segment's first and last ticket, and the next registration from there on.
_DRAW = """
    SELECT DISTINCT drawn.segment_id, found.ticket
    FROM unnest(%(segments)s::integer[], %(places)s::float[]) AS drawn(segment_id, place),
        LATERAL (SELECT ticket AS first FROM notifications_registration
            WHERE segment_id = drawn.segment_id ORDER BY ticket LIMIT 1) low,
        LATERAL (SELECT ticket AS last FROM notifications_registration
            WHERE segment_id = drawn.segment_id AND ticket <= %(watermark)s ORDER BY ticket DESC LIMIT 1) high,
        LATERAL (SELECT ticket FROM notifications_registration
            WHERE segment_id = drawn.segment_id AND ticket <= %(watermark)s AND gone_at IS NULL
                AND ticket >= low.first + floor(drawn.place * (high.last - low.first + 1))::bigint
            ORDER BY ticket LIMIT 1) found
"""


@dataclass(frozen=True)
class CanaryCandidate:
    """A segment of a wave."""

    segment: int
    devices: int
    #: The message that its registrations get.
    message: str


def draw(candidates: Iterable[CanaryCandidate], *, size: int, watermark: int) -> list[tuple[int, int]]:
    """Return (segment, ticket) of at most `size` registrations, ordered.

    A quarter of them are spread over the messages of the campaign, so that a fault of one message shows; the others are drawn
    from all by the size of their segment. Made-up languages gain nothing: all those without a text get one message. With
    made-up installations in every small language somebody has that quarter, and needs a third of all for more than half.
    """
    filled = [candidate for candidate in candidates if candidate.devices > 0]
    if not filled:
        return []
    spread = _draw(_of_each_message(filled, size // _SPREAD_SHARE), watermark=watermark)
    return sorted([*spread, *_from_all(filled, size - len(spread), without=spread, watermark=watermark)])


def draw_second(
    candidates: Iterable[CanaryCandidate], *, first: Sequence[tuple[int, int]], watermark: int
) -> list[tuple[int, int]]:
    """Return (segment, ticket) of as many registrations that are not in the `first` group, ordered; [] if there are too few.

    All are drawn by the size of their segment, none by message, so that one percent of the audience is about one percent of this
    group, whatever its languages and platforms.
    """
    filled = [candidate for candidate in candidates if candidate.devices > 0]
    drawn = _from_all(filled, len(first), without=set(first), watermark=watermark)
    return sorted(drawn) if len(drawn) == len(first) else []


def _from_all(
    candidates: Sequence[CanaryCandidate], number: int, *, without: set[tuple[int, int]], watermark: int
) -> list[tuple[int, int]]:
    """Return at most `number` registrations that are not in `without`, drawn from all by the size of their segment."""
    found: set[tuple[int, int]] = set()
    for _ in range(_ROUNDS):
        missing = number - len(found)
        if missing <= 0:
            break
        found |= _draw(_by_size(candidates, 2 * missing), watermark=watermark) - without
    return random.sample(sorted(found), min(len(found), number))


def _of_each_message(candidates: Sequence[CanaryCandidate], number: int) -> list[int]:
    by_message: dict[str, list[CanaryCandidate]] = {}
    for candidate in candidates:
        by_message.setdefault(candidate.message, []).append(candidate)
    messages = random.sample(sorted(by_message), min(len(by_message), number))
    each = max(1, number // len(messages)) if messages else 0
    return [segment for message in messages for segment in _by_size(by_message[message], each)]


def _by_size(candidates: Sequence[CanaryCandidate], number: int) -> list[int]:
    weights = [candidate.devices for candidate in candidates]
    return [candidate.segment for candidate in random.choices(candidates, weights, k=number)]  # noqa: S311  (no secret)


def _draw(segments: list[int], *, watermark: int) -> set[tuple[int, int]]:
    places = [random.random() for _ in segments]  # noqa: S311  (no secret)
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, {"segments": segments, "places": places, "watermark": watermark})
        return {(segment, ticket) for segment, ticket in cursor.fetchall()}
