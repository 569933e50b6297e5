"""What a proposed change of a service does to packs and plans, by building the packs with and without the change.

Only packs in the source language are built: a locale changes the words of services and tips, and not which there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import pycountry

from content.compiling.compiler import build_pack, current_policy, own_countries
from content.compiling.eligibility import covers
from content.compiling.facts import ServiceFact, Snapshot
from content.compiling.findings import Finding
from content.compiling.pack_parts import PackPartBuilder
from content.compiling.snapshot import read_snapshot, service_fact, service_facts
from content.models import ServiceRevision, Withdrawal
from content.resolver.resolve import resolve
from content.resolver.types import PackContent, Plan, Query
from content.terms import SOURCE_LOCALE

#: Ages at which plans are compared, beside both sides of the service's own limits.
_AGES = (13, 15, 18, 20)


class PlanReaders(NamedTuple):
    """Readers of a plan: who asks, and the age of the young person."""

    audience: str
    age: int


class LostStep(NamedTuple):
    """A step of a plan that named a service, and names none with the change."""

    step: str
    situation: str
    audience: str
    age: int
    country: str
    #: ISO 3166-2, or None where the reader has not said it.
    region: str | None


@dataclass(frozen=True)
class ServiceEffect:
    """The packs, tips and plans that differ with the change; every tuple is sorted."""

    #: How many packs offer the service.
    packs_before: int
    packs_after: int
    #: In how many locales each country has a pack.
    locales: int
    #: Countries whose packs the service leaves, and those whose packs it comes into.
    removed_from: tuple[str, ...] = ()
    added_to: tuple[str, ...] = ()
    #: Slug of a tip to the countries whose packs it leaves, and into whose packs it comes.
    tips_removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tips_added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: What the gate finds only with the change, and for which it keeps a pack back.
    blocks: tuple[Finding, ...] = ()
    #: Readers to whom plans no longer name the service, and those to whom they name it only with the change.
    readers_lost: tuple[PlanReaders, ...] = ()
    readers_new: tuple[PlanReaders, ...] = ()
    #: Each once, for the plans that were compared.
    steps_lost: tuple[LostStep, ...] = ()
    plans_compared: int = 0


def read_service_effect(revision: ServiceRevision, *, at: datetime) -> ServiceEffect:
    """Return the effect of approving the revision (saved or not) on the release that would be compiled at this instant."""
    snapshot = read_snapshot(current_policy(at), translated=False)
    stored = next(fact for fact in service_facts(approved=False) if fact.id == revision.service_id)
    after = service_fact(stored.id, revision, stored.channels, Withdrawal.objects.successors())
    return service_effect(snapshot, after, at=at)


def service_effect(snapshot: Snapshot, after: ServiceFact, *, at: datetime) -> ServiceEffect:
    """Compare the packs of the snapshot with those in which the service has these facts."""
    before = next((service for service in snapshot.services if service.id == after.id), None)
    others = [service for service in snapshot.services if service.id != after.id]
    changed = replace(snapshot, services=tuple(sorted([*others, after], key=lambda service: service.id)))
    found = _Effects(after.id, len(snapshot.directions))
    was, becomes = PackPartBuilder(snapshot), PackPartBuilder(changed)
    countries = {*own_countries(snapshot)}, {*own_countries(changed)}
    for country in sorted(countries[0] | countries[1]):
        if not any(covers(service, country) for service in (before, after) if service is not None):
            continue
        old = _Built.of(was, country) if country in countries[0] else None
        new = _Built.of(becomes, country) if country in countries[1] else None
        found.compare(country, old, new)
        if old is not None and new is not None:
            found.compare_plans(old.pack, new.pack, _queries(country, before, after), at)
    return found.effect()


@dataclass(frozen=True)
class _Built:
    """The pack of a country in the source language, and what keeps it back."""

    pack: PackContent
    blocks: frozenset[Finding]

    @classmethod
    def of(cls, parts: PackPartBuilder, country: str) -> _Built:
        built = build_pack(parts, country, SOURCE_LOCALE)
        return cls(orjson.loads(built.body), frozenset(finding for finding in built.findings if finding.blocks))


@dataclass
class _Effects:
    """What was found so far."""

    service: str
    locales: int
    offered: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    tips_removed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    tips_added: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    blocks: set[Finding] = field(default_factory=set)
    readers: tuple[set[PlanReaders], set[PlanReaders]] = field(default_factory=lambda: (set(), set()))
    steps_lost: set[LostStep] = field(default_factory=set)
    plans: int = 0

    def compare(self, country: str, old: _Built | None, new: _Built | None) -> None:
        """Compare the packs of one country."""
        for built, offered in zip((old, new), self.offered, strict=True):
            if built is not None and self.service in _ids(built.pack["services"], "id"):
                offered.add(country)
        was, becomes = (_ids(built.pack["tips"], "slug") if built is not None else set() for built in (old, new))
        for slug in sorted(was - becomes):
            self.tips_removed[slug].append(country)
        for slug in sorted(becomes - was):
            self.tips_added[slug].append(country)
        if new is not None:
            self.blocks |= new.blocks - (old.blocks if old is not None else frozenset())

    def compare_plans(self, old: PackContent, new: PackContent, queries: Iterable[Query], at: datetime) -> None:
        """Compare the plans for these queries from both packs of one country."""
        if not any(self.service in _ids(pack["services"], "id") for pack in (old, new)):
            return
        for query in queries:
            was, becomes = resolve(old, query, at), resolve(new, query, at)
            self.plans += 1
            for plan, readers in zip((was, becomes), self.readers, strict=True):
                if self.service in plan.services:
                    readers.add(PlanReaders(query.audience, query.age or 0))
            for step in sorted(_steps_with_service(was) - _steps_with_service(becomes)):
                self.steps_lost.add(LostStep(step, query.situation, query.audience, query.age or 0, query.country, query.region))

    def effect(self) -> ServiceEffect:
        """Return the effect."""
        offered, offers = self.offered
        had, have = self.readers
        return ServiceEffect(
            packs_before=len(offered) * self.locales,
            packs_after=len(offers) * self.locales,
            locales=self.locales,
            removed_from=tuple(sorted(offered - offers)),
            added_to=tuple(sorted(offers - offered)),
            tips_removed={slug: tuple(countries) for slug, countries in sorted(self.tips_removed.items())},
            tips_added={slug: tuple(countries) for slug, countries in sorted(self.tips_added.items())},
            blocks=tuple(sorted(self.blocks, key=lambda finding: (finding.country or "", finding.code, finding.item))),
            readers_lost=tuple(sorted(had - have)),
            readers_new=tuple(sorted(have - had)),
            steps_lost=tuple(sorted(self.steps_lost, key=lambda step: (*step[:5], step.region or ""))),
            plans_compared=self.plans,
        )


def _ids(items: Sequence[Any], key: str) -> set[str]:
    return {item[key] for item in items}


def _steps_with_service(plan: Plan) -> set[str]:
    return {step.step for step in plan.steps if step.service is not None}


def _queries(country: str, before: ServiceFact | None, after: ServiceFact) -> Iterator[Query]:
    """Yield a query for each kind of reader whose plan may differ."""
    facts = [service for service in (before, after) if service is not None]
    limits = {age for fact in facts for age in (fact.min_age, fact.max_age) if age is not None}
    ages = sorted({*_AGES, *(limit + step for limit in limits for step in (-1, 0, 1) if limit + step >= 0)})
    regions = _regions(country, facts)
    for situation in sorted({situation for fact in facts for situation in fact.situations}):
        for audience in sorted({audience for fact in facts for audience in fact.audiences}):
            for age in ages:
                for region in regions:
                    yield Query(country, situation, audience=audience, age=age, region=region)


def _regions(country: str, facts: Sequence[ServiceFact]) -> list[str | None]:
    """Return None, and where the service names regions these and one that it does not name."""
    named = {region for fact in facts for region in fact.regions}
    if not named:
        return [None]
    others = sorted(
        place.code
        for place in pycountry.subdivisions.get(country_code=country) or ()
        if place.code not in named and place.parent_code is None
    )
    return [None, *sorted(named), *others[:1]]
