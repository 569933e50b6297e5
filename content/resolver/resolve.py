"""From one pack, a query and an instant to a short ordered plan: whom to call, where to report, whom to talk to.

A pure function of its arguments; docs/resolver.md has the same rules in words. Every id in a plan is in the pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from content.resolver.candidates import Candidate, candidate, fit_of_age, for_situation, in_area
from content.resolver.night import is_night
from content.resolver.steps import danger_now, report, take_down, talk, tell_the_platform
from content.resolver.types import AgeRule, PackContent, PackedService, PackedTip, Plan, PlanStep, Query

_NOT_SURE = "not-sure"
_SURVIVOR = "survivor"
#: A survivor is an adult; this age is within no limit for young people or young adults.
_AGE_OF_SURVIVOR = 30
_PLATFORM = "platform-"
#: Tips that a plan gives at first: more are not read in the first minutes.
_TIPS = 5


#: The steps that need nothing but the candidates.
_STEPS: dict[str, Callable[[Sequence[Candidate], Query, datetime], PlanStep | None]] = {
    "report": report,
    "take-down": take_down,
    "tell-the-platform": tell_the_platform,
}


def resolve(pack: PackContent, query: Query, at: datetime) -> Plan:
    """Return the plan for the query at the instant `at` (aware). It is never empty; the same arguments give the same plan."""
    query = _completed(pack, query)
    retired = {tombstone["id"]: tombstone["successor"] for tombstone in pack["retired"]}
    suited = [for_situation(s, query.situation) for s in pack["services"]]
    within_reach = [s for s in suited if s["channels"] and s["id"] not in retired and in_area(s, query)]
    candidates = [c for s in within_reach if (c := candidate(s, query)) is not None]
    query = replace(query, site=_site(query.site, retired))
    steps = tuple(_plan_steps(_order(pack, query), within_reach, candidates, query, at))
    tips = _tips(pack, query)
    return Plan(steps, _named_services(steps, within_reach, query), tips[:_TIPS], tips[_TIPS:])


def known_situation(pack: PackContent, situation: str) -> str:
    """Return the situation if the pack has a label for it, the one that it is an everyday word for, or "not-sure"."""
    meant = pack.get("aliases", {}).get(situation, situation)
    return meant if meant in pack["labels"]["situations"] else _NOT_SURE


def _completed(pack: PackContent, query: Query) -> Query:
    """Return the query with a situation of the pack, and with an age where the audience tells that the reader is an adult."""
    situation = known_situation(pack, query.situation)
    age = _AGE_OF_SURVIVOR if query.audience == _SURVIVOR and query.age is None else query.age
    return query if (situation, age) == (query.situation, query.age) else replace(query, situation=situation, age=age)


def _site(site: str | None, retired: Mapping[str, str | None]) -> str | None:
    """Return the site that took the place of a retired one, or the same site."""
    successor = retired.get(f"{_PLATFORM}{site}")
    return successor.removeprefix(_PLATFORM) if successor is not None else site


def _order(pack: PackContent, query: Query) -> Sequence[str]:
    table = pack["plan_order"]
    return table.get(query.situation, {}).get(query.audience) or table["default"][query.audience]


def _plan_steps(
    order: Sequence[str], within_reach: Sequence[PackedService], candidates: Sequence[Candidate], query: Query, at: datetime
) -> Iterator[PlanStep]:
    for position, name in enumerate(order):
        if name == "danger-now":
            yield danger_now(within_reach, query, at)
        elif name == "talk":
            night = is_night(within_reach, at)
            yield talk(candidates, query, at, before_report="report" in order[position:], night=night)
        elif (make := _STEPS.get(name)) is not None and (step := make(candidates, query, at)) is not None:
            # A pack of a later version may list steps that this version does not know.
            yield step


def _named_services(steps: Sequence[PlanStep], within_reach: Sequence[PackedService], query: Query) -> dict[str, PackedService]:
    """Return by id the services that the steps name; for a reader who cannot speak, their voice channels come last."""
    by_id = {service["id"]: service for service in within_reach}
    ids = dict.fromkeys(i for step in steps for i in (step.service, *step.alternatives) if i is not None)
    return {i: _voice_last(by_id[i]) if query.can_speak is False else by_id[i] for i in ids}


def _voice_last(service: PackedService) -> PackedService:
    return {**service, "channels": sorted(service["channels"], key=lambda channel: bool(channel["needs_voice"]))}


def _tips(pack: PackContent, query: Query) -> tuple[str, ...]:
    fitting = [
        tip
        for tip in pack["tips"]
        if tip["kind"] == "tip"
        and query.situation in tip["situations"]
        and query.audience in tip["audiences"]
        and fit_of_age(_age_rule(tip), query) != "not-met"
    ]
    fitting.sort(key=lambda tip: (tip.get("order_in", {}).get(query.situation, tip["order"]), tip["slug"]))
    return tuple(tip["slug"] for tip in fitting)


def _age_rule(tip: PackedTip) -> AgeRule:
    # Tips of packs of older versions have no ages.
    return {"min_age": tip.get("min_age"), "max_age": tip.get("max_age"), "age_measured": tip.get("age_measured")}
