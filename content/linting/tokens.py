"""Tokens such as {service:some-id} and {fact:some-id}: the only way in which a text may name a service or quote a figure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from content.linting.fault import Fault, Strength

TOKEN = re.compile(r"\{(?P<kind>[a-z]+):(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)\}")
_BRACE = re.compile(r"[{}]+")
#: Kinds of facts that a text may refer to.
SERVICE, FACT = "service", "fact"
KINDS = frozenset({SERVICE, FACT})


@dataclass(frozen=True)
class Token:
    """One reference to a fact in a text."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{{{self.kind}:{self.name}}}"


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text in order, with repeats."""
    return [Token(match["kind"], match["name"]) for match in TOKEN.finditer(text)]


def without_tokens(text: str) -> str:
    """Return the text with object replacement characters in place of each token.

    The text keeps its length, so that places in it stay right, and the characters on both sides of a token are not joined.
    """
    return TOKEN.sub(lambda match: "\ufffc" * len(match.group()), text)


def token_faults(text: str, *, known_services: Collection[str]) -> list[Fault]:
    """Return a fault for braces outside of tokens, and for each token of an unknown kind or service."""
    faults = []
    if brace := _BRACE.search(without_tokens(text)):
        detail = "A brace may be used only in a token, such as {service:some-id}."
        faults.append(Fault("token-malformed", detail, Strength.REFUSE, *brace.span()))
    places = {Token(match["kind"], match["name"]): match.span() for match in reversed(list(TOKEN.finditer(text)))}
    for token, place in sorted(places.items(), key=lambda item: item[1]):
        if token.kind not in KINDS:
            detail = f"{token} is of an unknown kind. Known kinds: {', '.join(sorted(KINDS))}."
        elif token.kind == SERVICE and token.name not in known_services:
            detail = f"{token} names a service that does not exist."
        else:
            continue
        faults.append(Fault("token-unknown", detail, Strength.REFUSE, *place))
    return faults


def differing_tokens(source: str, target: str) -> list[Fault]:
    """Return a fault for each token that the target has less or more often than its source."""
    wanted, found = Counter(tokens(source)), Counter(tokens(target))
    faults = [Fault("token-missing", f"{token} is in the source but missing here.") for token in wanted - found]
    for token in found - wanted:
        start = target.rfind(str(token))
        detail = f"{token} is not in the source, or not as often."
        faults.append(Fault("token-added", detail, Strength.REFUSE, start, start + len(str(token))))
    return sorted(faults, key=lambda fault: (fault.code, fault.detail))
