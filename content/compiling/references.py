"""What the id of a service stands for in one pack: the service itself, a successor that took its place, or a substitute."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from content.compiling.eligibility import channel_eligibility
from content.compiling.facts import Policy, ServiceFact, TipFact
from content.compiling.substitution import (
    Ages,
    ServiceScope,
    TextReaders,
    may_stand_for,
    scope_of,
    substitute_helpline,
)
from content.resolver.types import PackedService, Tombstone


class NamedService(NamedTuple):
    """What service tokens are replaced by in one pack."""

    #: The id in the token.
    token: str
    #: Id and official name of the service that is served: the same one, its successor or a substitute.
    id: str
    name: str


@dataclass(frozen=True)
class AbsentService:
    """A service that covers the country of a pack and is not in it."""

    name: str
    withdrawn: bool
    scope: ServiceScope


class References:
    """The services of one pack, as texts and tombstones refer to them."""

    def __init__(
        self,
        services: Mapping[str, PackedService],
        *,
        successors: Mapping[str, str | None],
        absent: Mapping[str, AbsentService],
    ) -> None:
        """Take the services of the pack, and by id those that cover its country and are not in it."""
        self._services = services
        self._successors = successors
        self._absent = absent

    def tombstones(self, covering: Iterable[ServiceFact]) -> list[Tombstone]:
        """Return a tombstone for each of these services that is no longer active."""
        return [{"id": service.id, "successor": self._follow(service.id)} for service in covering if not service.active]

    def resolve(self, ids: Iterable[str], readers: TextReaders) -> tuple[tuple[NamedService, ...], list[str]]:
        """Return what these ids stand for in a text for the readers, and the ids that stand for nothing in this pack.

        A service that was withdrawn and that no other may stand for is named as itself: what names it is removed from the text
        (see `withdrawn`).
        """
        named: list[NamedService] = []
        lost: list[str] = []
        for token in sorted(ids):
            served = token if token in self._services else self._substitute(token, readers)
            if served is not None:
                named.append(NamedService(token, served, self._services[served]["name"]))
            elif token in self._absent and self._absent[token].withdrawn:
                named.append(NamedService(token, token, self._absent[token].name))
            else:
                lost.append(token)
        return tuple(named), lost

    def withdrawn(self, names: Iterable[NamedService]) -> list[tuple[str, str]]:
        """Return the id and name of each of these services that is not in the pack."""
        return [(named.id, named.name) for named in names if named.id not in self._services]

    def _substitute(self, token: str, readers: TextReaders) -> str | None:
        """Return the service that the text names in place of one that is not in the pack, or None."""
        successor, absent = self._follow(token), self._absent.get(token)
        if absent is None:
            return successor
        if successor is not None and may_stand_for(scope_of(self._services[successor]), absent.scope, readers):
            return successor
        helpline = substitute_helpline(self._services.values(), absent.scope, readers) if absent.withdrawn else None
        return helpline["id"] if helpline is not None else None

    def _follow(self, service: str) -> str | None:
        """Return the service or the first of its successors that is in the pack; None where none is."""
        current: str | None = service
        passed: set[str] = set()
        while current is not None and current not in self._services and current not in passed:
            passed.add(current)
            current = self._successors.get(current)
        return current if current in self._services else None


def absent_services(covering: Iterable[ServiceFact], services: Container[str], policy: Policy) -> dict[str, AbsentService]:
    """Return by id those of the covering services that are not in the pack."""
    return {
        service.id: AbsentService(service.name, service.withdrawn, _scope(service, policy))
        for service in covering
        if service.id not in services
    }


def readers_of_tip(tip: TipFact) -> TextReaders:
    """Return for whom the tip is."""
    ages = Ages(tip.min_age, tip.max_age, tip.age_measured or None)
    return TextReaders(frozenset(tip.audiences), frozenset(tip.situations), ages)


def _scope(service: ServiceFact, policy: Policy) -> ServiceScope:
    """Return the scope of the service as packs offered it while it was active."""
    active = replace(service, active=True, withdrawn=False)
    return ServiceScope(
        roles=frozenset(service.roles),
        audiences=frozenset(service.audiences),
        situations=frozenset(service.situations),
        ages=Ages(service.min_age, service.max_age, service.age_measured or None),
        regions=frozenset(service.regions),
        channel_types=frozenset(
            channel.type for channel in service.channels if channel_eligibility(active, channel, policy).served
        ),
    )
