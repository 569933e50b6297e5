"""Conditions over topics, such as `'news' in topics && ('cy' in topics || !('en' in topics))`."""

from __future__ import annotations

import re
from collections.abc import Callable, Container

#: https://firebase.google.com/docs/cloud-messaging/topic-messaging
MAX_TOPICS = 5
MAX_DEPTH = 20

TopicPredicate = Callable[[Container[str]], bool]

_TOKEN = re.compile(r"\s*(?:(\(|\)|&&|\|\||!)|'([a-zA-Z0-9\-_.~%]{1,900})'\s+in\s+topics\b)\s*")


class InvalidCondition(Exception):
    """The condition cannot be parsed, or names more than five topics."""


def parse_condition(condition: str) -> TopicPredicate:
    """Return a function that tells whether the condition holds for a set of topics. InvalidCondition if it cannot be parsed."""
    tokens, position = [], 0
    while position < len(condition):
        match = _TOKEN.match(condition, position)
        if match is None:
            raise InvalidCondition
        tokens.append((match[1] or "", match[2] or ""))
        position = match.end()
    if sum(1 for _, topic in tokens if topic) > MAX_TOPICS:
        raise InvalidCondition
    holds, rest = _parse_expression(tokens, 0)
    if rest:
        raise InvalidCondition
    return holds


def _parse_expression(tokens: list[tuple[str, str]], depth: int) -> tuple[TopicPredicate, list[tuple[str, str]]]:
    """Parse up to the end or a closing bracket. As Google documents, operators apply from left to right."""
    holds, rest = _parse_operand(tokens, depth)
    while rest and rest[0][0] in ("&&", "||"):
        following, after = _parse_operand(rest[1:], depth)
        holds = _both(holds, following) if rest[0][0] == "&&" else _either(holds, following)
        rest = after
    return holds, rest


def _parse_operand(tokens: list[tuple[str, str]], depth: int) -> tuple[TopicPredicate, list[tuple[str, str]]]:
    if not tokens or depth > MAX_DEPTH:
        raise InvalidCondition
    (sign, topic), rest = tokens[0], tokens[1:]
    if topic:
        return lambda topics: topic in topics, rest
    if sign == "!":
        holds, rest = _parse_operand(rest, depth + 1)
        return lambda topics: not holds(topics), rest
    if sign == "(":
        holds, rest = _parse_expression(rest, depth + 1)
        if rest and rest[0][0] == ")":
            return holds, rest[1:]
    raise InvalidCondition


def _both(first: TopicPredicate, second: TopicPredicate) -> TopicPredicate:
    return lambda topics: first(topics) and second(topics)


def _either(first: TopicPredicate, second: TopicPredicate) -> TopicPredicate:
    return lambda topics: first(topics) or second(topics)
