"""From one pack, a query and an instant to a short ordered plan: whom to call, where to report, whom to talk to.

A pure function of its arguments; docs/resolver.md has the same rules in words. Every id in a plan is in the pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from content.resolver.candidates import Candidate, candidate, in_area
from content.resolver.steps import danger_now, report, take_down, talk, tell_the_platform
from content.resolver.types import PackContent, PackedService, Plan, PlanStep, Query

_NOT_SURE = "not-sure"


#: The steps that need nothing but the candidates.
_STEPS: dict[str, Callable[[Sequence[Candidate], Query, datetime], PlanStep | None]] = {
    "report": report,
    "take-down": take_down,
    "tell-the-platform": tell_the_platform,
}


def resolve(pack: PackContent, query: Query, at: datetime) -> Plan:
    """Return the plan for the query at the instant `at` (aware). It is never empty; the same arguments give the same plan."""
    if (situation := known_situation(pack, query.situation)) != query.situation:
        query = replace(query, situation=situation)
    retired = {tombstone["id"] for tombstone in pack["retired"]}
    within_reach = [s for s in pack["services"] if s["channels"] and s["id"] not in retired and in_area(s, query)]
    candidates = [c for s in within_reach if (c := candidate(s, query)) is not None]
    steps = tuple(_plan_steps(_order(pack, query), within_reach, candidates, query, at))
    return Plan(steps, _named_services(steps, within_reach, query), _tips(pack, query))


def known_situation(pack: PackContent, situation: str) -> str:
    """Return the situation if the pack has a label for it, else "not-sure"."""
    return situation if situation in pack["labels"]["situations"] else _NOT_SURE


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
            yield talk(candidates, query, at, before_report="report" in order[position:])
        elif (step := _STEPS[name](candidates, query, at)) is not None:
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
        if tip["kind"] == "tip" and query.situation in tip["situations"] and query.audience in tip["audiences"]
    ]
    return tuple(t["slug"] for t in sorted(fitting, key=lambda t: (t["order"], t["slug"])))
