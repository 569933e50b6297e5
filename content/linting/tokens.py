"""Tokens: the only way in which a text may name a service or a fact."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from content.linting.fault import Fault

TOKEN = re.compile(r"\{(?P<kind>[a-z]+):(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)\}")
#: Kinds of facts that a text may refer to. More come with the facts themselves.
KINDS = frozenset({"service"})


@dataclass(frozen=True)
class Token:
    """One reference in a text."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{{{self.kind}:{self.name}}}"


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text in order, repeats included."""
    return [Token(match["kind"], match["name"]) for match in TOKEN.finditer(text)]


def without_tokens(text: str) -> str:
    """Return the text with each token made into a word, so that what stands beside it is not joined."""
    return TOKEN.sub("token", text)


def token_faults(text: str, *, known_services: Collection[str]) -> list[Fault]:
    """Find braces that are no token, tokens of an unknown kind, and services that there are not."""
    faults = []
    if "{" in without_tokens(text) or "}" in without_tokens(text):
        faults.append(Fault("token-malformed", "A brace stands outside of a token; a token looks like {service:some-id}."))
    for token in dict.fromkeys(tokens(text)):
        if token.kind not in KINDS:
            faults.append(Fault("token-unknown", f"{token} is of an unknown kind; known: {', '.join(sorted(KINDS))}."))
        elif token.kind == "service" and token.name not in known_services:
            faults.append(Fault("token-unknown", f"{token} names a service that there is not."))
    return faults


def differing_tokens(source: str, target: str) -> list[Fault]:
    """Find tokens that the target lost, added or repeated otherwise than its source."""
    wanted, found = Counter(tokens(source)), Counter(tokens(target))
    faults = [Fault("token-missing", f"{token} of the source is missing.") for token in wanted - found]
    faults += [Fault("token-added", f"{token} is not in the source, or not so often.") for token in found - wanted]
    return sorted(faults, key=lambda fault: (fault.code, fault.detail))
