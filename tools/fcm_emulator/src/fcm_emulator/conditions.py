"""Conditions over topics, such as `'news' in topics && ('cy' in topics || !('en' in topics))`."""

from __future__ import annotations

import re
from collections.abc import Callable, Container

#: https://firebase.google.com/docs/cloud-messaging/topic-messaging
MOST_TOPICS = 5
DEEPEST = 20

Held = Callable[[Container[str]], bool]

_PIECE = re.compile(r"\s*(?:(\(|\)|&&|\|\||!)|'([a-zA-Z0-9\-_.~%]{1,900})'\s+in\s+topics\b)\s*")


class BadCondition(Exception):
    """The condition cannot be read, or names more than five topics."""


def read_condition(condition: str) -> Held:
    """Return a function that says of somebody's topics whether the condition holds; BadCondition when it cannot be read."""
    pieces, position = [], 0
    while position < len(condition):
        match = _PIECE.match(condition, position)
        if match is None:
            raise BadCondition
        pieces.append((match[1] or "", match[2] or ""))
        position = match.end()
    if sum(1 for _, topic in pieces if topic) > MOST_TOPICS:
        raise BadCondition
    held, rest = _read(pieces, 0)
    if rest:
        raise BadCondition
    return held


def _read(pieces: list[tuple[str, str]], depth: int) -> tuple[Held, list[tuple[str, str]]]:
    """Read up to the end or a closing bracket; as Google says, brackets first and then from left to right."""
    held, rest = _read_one(pieces, depth)
    while rest and rest[0][0] in ("&&", "||"):
        following, after = _read_one(rest[1:], depth)
        held = _both(held, following) if rest[0][0] == "&&" else _either(held, following)
        rest = after
    return held, rest


def _read_one(pieces: list[tuple[str, str]], depth: int) -> tuple[Held, list[tuple[str, str]]]:
    if not pieces or depth > DEEPEST:
        raise BadCondition
    (sign, topic), rest = pieces[0], pieces[1:]
    if topic:
        return lambda topics: topic in topics, rest
    if sign == "!":
        held, rest = _read_one(rest, depth + 1)
        return lambda topics: not held(topics), rest
    if sign == "(":
        held, rest = _read(rest, depth + 1)
        if rest and rest[0][0] == ")":
            return held, rest[1:]
    raise BadCondition


def _both(first: Held, second: Held) -> Held:
    return lambda topics: first(topics) and second(topics)


def _either(first: Held, second: Held) -> Held:
    return lambda topics: first(topics) or second(topics)
