"""What the id of a service stands for in one pack: the service itself, a successor that took its place, or a substitute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from content.compiling.facts import ServiceFact
from content.compiling.substitution import substitute_helpline
from content.resolver.types import PackedService, Tombstone


class NamedService(NamedTuple):
    """What a service token stands for in one pack."""

    #: The id in the token.
    token: str
    #: Id and official name of the service that is served: the same one, its successor or a substitute.
    id: str
    name: str


class References:
    """The services of one pack, as texts and tombstones refer to them."""

    def __init__(
        self, services: Mapping[str, PackedService], *, successors: Mapping[str, str | None], withdrawn: frozenset[str]
    ) -> None:
        self._services = services
        self._successors = successors
        self._withdrawn = withdrawn

    def tombstones(self, covering: Iterable[ServiceFact]) -> list[Tombstone]:
        """Return a tombstone for each of these services that is no longer active."""
        return [{"id": service.id, "successor": self._follow(service.id)[0]} for service in covering if not service.active]

    def resolve(self, ids: Iterable[str], audiences: Sequence[str]) -> tuple[tuple[NamedService, ...], list[str]]:
        """Return what these ids stand for in a text for the audiences, and the ids that stand for nothing in this pack.

        A helpline of the country stands in for a service that was withdrawn without a successor.
        """
        named: list[NamedService] = []
        lost: list[str] = []
        for token in sorted(ids):
            served, passed = self._follow(token)
            if served is None and passed & self._withdrawn:
                helpline = substitute_helpline(self._services.values(), audiences)
                served = helpline["id"] if helpline is not None else None
            if served is None:
                lost.append(token)
            else:
                named.append(NamedService(token, served, self._services[served]["name"]))
        return tuple(named), lost

    def _follow(self, service: str) -> tuple[str | None, set[str]]:
        """Return the service or the first of its successors that is in the pack (None: none is), and those passed on the way."""
        current: str | None = service
        passed: set[str] = set()
        while current is not None and current not in self._services and current not in passed:
            passed.add(current)
            current = self._successors.get(current)
        return (current if current in self._services else None), passed
