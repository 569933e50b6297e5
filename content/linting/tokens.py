"""Tokens such as {service:some-id} and {fact:some-id}: the only way in which a text may name a service or quote a figure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from content.linting.fault import Fault

TOKEN = re.compile(r"\{(?P<kind>[a-z]+):(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)\}")
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
    """Return the text with a word in place of each token, so that the characters on both sides of it are not joined."""
    return TOKEN.sub("token", text)


def token_faults(text: str, *, known_services: Collection[str]) -> list[Fault]:
    """Return a fault for braces outside of tokens, and for each token of an unknown kind or service."""
    faults = []
    if "{" in without_tokens(text) or "}" in without_tokens(text):
        faults.append(Fault("token-malformed", "A brace may be used only in a token, such as {service:some-id}."))
    for token in dict.fromkeys(tokens(text)):
        if token.kind not in KINDS:
            faults.append(Fault("token-unknown", f"{token} is of an unknown kind. Known kinds: {', '.join(sorted(KINDS))}."))
        elif token.kind == SERVICE and token.name not in known_services:
            faults.append(Fault("token-unknown", f"{token} names a service that does not exist."))
    return faults


def differing_tokens(source: str, target: str) -> list[Fault]:
    """Return a fault for each token that the target has less or more often than its source."""
    wanted, found = Counter(tokens(source)), Counter(tokens(target))
    faults = [Fault("token-missing", f"{token} is in the source but missing here.") for token in wanted - found]
    faults += [Fault("token-added", f"{token} is not in the source, or not as often.") for token in found - wanted]
    return sorted(faults, key=lambda fault: (fault.code, fault.detail))
