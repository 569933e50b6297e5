"""From one compiled pack, a query and an instant to one short ordered plan: whom to call, where to report, whom to talk to.

A pure function of its arguments; docs/resolver.md puts the same rules in words. Every id in a plan is in the pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from content.resolver.availability import channel_answers
from content.resolver.candidates import (
    ADULT,
    Candidate,
    age_code,
    age_holds,
    all_free,
    candidate,
    coverage,
    in_area,
    language_place,
    made_for,
    mismatch,
    region_unknown,
    voice_only,
)
from content.resolver.opening_hours import ALWAYS_OPEN, UNKNOWN, Answering
from content.resolver.types import Plan, Query, Service, Step

__all__ = ["Plan", "Query", "Step", "resolve"]

_NOT_SURE = "not-sure"
_CSAM_SEEN = "csam-seen"
_SELF_HARM = "self-harm-risk"
#: Roles of whoever takes a report.
_DESKS = frozenset({"police-report", "hotline-csam-report"})


def resolve(pack: Mapping[str, Any], query: Query, at: datetime) -> Plan:
    """Return the plan for the query at the instant `at` (aware). Never empty; the same arguments give the same plan."""
    situation = query.situation if query.situation in pack["labels"]["situations"] else _NOT_SURE
    retired = {entry["id"] for entry in pack["retired"]}
    within_reach = [s for s in pack["services"] if s["channels"] and s["id"] not in retired and in_area(s, query)]
    candidates = [c for s in within_reach if (c := candidate(s, query, situation)) is not None]

    order = _order(pack, situation, query.audience)
    steps: list[Step] = []
    for name in order:
        if name == "danger-now":
            steps.append(_danger_now(within_reach, query, at))
        elif name == "talk":
            steps.append(_talk(candidates, query, situation, at, first="report" in order[order.index("talk") :]))
        elif name == "tell-the-platform":
            steps.append(_tell_the_platform(candidates, query, situation, at))
        else:
            ranked = _report(candidates, query, situation) if name == "report" else _take_down(candidates, query)
            if ranked:
                steps.append(_step(name, ranked, _answers(ranked[0].service, query, at), query, at))
    by_id = {s["id"]: s for s in within_reach}
    ids = dict.fromkeys(i for step in steps for i in (step.service, *step.alternatives) if i is not None)
    return Plan(
        steps=tuple(steps),
        services={i: _voice_free_first(by_id[i]) if query.can_speak is False else by_id[i] for i in ids},
        tips=_tips(pack, situation, query.audience),
    )


def _answers(service: Service, query: Query, at: datetime) -> Answering:
    """Merge the channels that this reader can use: open if one is, closed only if all are known to be."""
    channels = service["channels"]
    if query.can_speak is False and "emergency" not in service["roles"]:
        channels = [channel for channel in channels if not channel["needs_voice"]]
    found = [channel_answers(service, channel, at) for channel in channels]
    if len(found) == 1:
        return found[0]
    opened = [a for a in found if a.open]
    if opened:
        changes = [a.changes_at for a in opened]
        return Answering(True, None if None in changes else max(c for c in changes if c is not None))
    if not found or any(a.open is None for a in found):
        return UNKNOWN
    return Answering(False, min((a.changes_at for a in found if a.changes_at is not None), default=None))


def _order(pack: Mapping[str, Any], situation: str, audience: str) -> Sequence[str]:
    table: Mapping[str, Mapping[str, Sequence[str]]] = pack["plan_order"]
    return table.get(situation, {}).get(audience) or table["default"][audience]


# The steps.


def _danger_now(services: Iterable[Service], query: Query, at: datetime) -> Step:
    """Choose by place alone: no age, audience, situation, language or hour may take this number away."""
    ranked = sorted(
        (s for s in services if "emergency" in s["roles"]),
        key=lambda s: (s["country"] == "ZZ", bool(s["regions"]) and query.region is None, s["id"]),
    )
    if not ranked:
        return Step("danger-now", None, ("local-emergency",))
    first = ranked[0]
    answers = _answers(first, query, at)
    place = language_place(first, query)
    return Step(
        "danger-now",
        first["id"],
        ("emergency", coverage(first), *(("free",) if all_free(first) else ()), *_spoken(place, query)),
        open=answers.open,
        closes_at=answers.changes_at if answers.open else None,
        opens_at=answers.changes_at if answers.open is False else None,
        stale=_stale(first, at),
        language_match=None if place is None else place < len(query.languages),
        alternatives=tuple(s["id"] for s in ranked[1:]),
    )


def _talk(candidates: Sequence[Candidate], query: Query, situation: str, at: datetime, *, first: bool) -> Step:
    """Fall back from the situation to any helpline here to worldwide; a crisis line is always among the answers."""
    desperate = situation == _SELF_HARM
    helplines = [c for c in candidates if "helpline" in c.roles]
    for_reader = [c for c in helplines if c.for_audience]
    here = [c for c in for_reader if not c.worldwide]
    abroad = [c for c in for_reader if c.worldwide]
    tiers = ([c for c in here if c.serves], here, [c for c in abroad if c.serves], abroad)
    chosen = next((tier for tier in tiers if tier), [])

    @cache
    def opened(c: Candidate) -> Answering:
        return _answers(c.service, query, at)

    def rank(c: Candidate) -> tuple[Any, ...]:
        return (
            desperate and not c.crisis,
            mismatch(c, query),
            _out_of_reach(c, query),
            # Who cannot wait is not sent where perhaps nobody answers.
            desperate and opened(c).open is not True,
            opened(c).open is False,
            region_unknown(c, query),
            not c.named,
            not made_for(c, query),
            # At any hour, then open now, then hours that nobody wrote down.
            opened(c) != ALWAYS_OPEN,
            opened(c).open is not True,
            *_comfort(c, query),
        )

    ranked = sorted(chosen, key=rank)
    if not any(c.crisis for c in ranked):
        # One for the young person, even where it is not for the one who asks; one far away only where there is no other.
        lines = (c for c in helplines if c.crisis)
        ranked += sorted(lines, key=lambda c: (c.worldwide, not c.for_audience, *rank(c)))[:1]
    if not any(opened(c).open for c in ranked):
        # Never a dead end at two in the morning: after those that are shut, what is open to the whole world.
        ranked += sorted((c for c in abroad if c not in ranked), key=rank)
    if desperate:
        ranked.sort(key=lambda c: opened(c).open is False)
    if not ranked:
        return Step("talk", None, ("trusted-adult", "if-at-home-unsafe"))
    return _step("talk", ranked, opened(ranked[0]), query, at, *(("talk-first",) if first else ()))


def _report(candidates: Sequence[Candidate], query: Query, situation: str) -> list[Candidate]:
    """Choose the desks here; those of the whole world where there is none, or no hotline for material that was seen."""
    desks = [c for c in candidates if c.serves and c.for_audience and not _DESKS.isdisjoint(c.roles)]
    wanted = "hotline-csam-report" if situation == _CSAM_SEEN else "police-report"
    here = [c for c in desks if not c.worldwide]
    enough = any(wanted in c.roles for c in here) if situation == _CSAM_SEEN else here
    chosen = here if enough else desks
    under_18 = query.age is None or query.age < ADULT

    def rank(c: Candidate) -> tuple[Any, ...]:
        # A desk that takes both kinds of report is one for crimes against children.
        for_children = _DESKS.issubset(c.roles)
        return (
            _out_of_reach(c, query),
            wanted not in c.roles,
            not c.named,
            not ((under_18 and for_children) or c.fit != "none"),
            region_unknown(c, query),
            # Where the region is not known, the desk of more regions is the likelier one.
            -len(c.service["regions"]),
            mismatch(c, query),
            len(c.roles),
            *_comfort(c, query),
        )

    return sorted(chosen, key=rank)


def _take_down(candidates: Sequence[Candidate], query: Query) -> list[Candidate]:
    tools = _pairs_whole([c for c in candidates if c.serves and c.for_audience and "image-removal" in c.roles], query)

    def rank(c: Candidate) -> tuple[Any, ...]:
        return (
            _out_of_reach(c, query),
            # A tool for one's own picture, by age, before an office that also removes; a platform's own form last.
            "platform-report" in c.roles,
            c.fit == "none",
            len(c.roles) > 1,
            c.worldwide,
            # Where the picture's age is open, the way for under-18s comes first: it is never the wrong one to try.
            c.service["eligibility"]["min_age"] is not None,
            region_unknown(c, query),
            mismatch(c, query),
            *_comfort(c, query),
        )

    return sorted(tools, key=rank)


def _pairs_whole(tools: list[Candidate], query: Query) -> list[Candidate]:
    """Leave out an adult's tool and its counterpart where one is missing and only the reader knows which is the right one."""
    if query.age_in_image is not None or query.age is None or query.age < ADULT:
        return tools
    # A platform's own form is for that platform alone, and no counterpart of a tool for all of them.
    undecided = [c for c in tools if c.fit == "condition" and "platform-report" not in c.roles]
    sides = {code.split("-")[0] for c in undecided if (code := age_code(c.service)) is not None}
    return tools if len(sides) == 2 else [c for c in tools if c not in undecided]


def _tell_the_platform(candidates: Sequence[Candidate], query: Query, situation: str, at: datetime) -> Step:
    platforms = sorted((c for c in candidates if "platform-report" in c.roles), key=lambda c: c.id)
    if query.site is None:
        serving = [c for c in platforms if c.for_audience and (c.serves or situation == _NOT_SURE)]
        ids = tuple(c.id for c in serving)
        return Step("tell-the-platform", None, ("platform",), alternatives=ids, conditions=_conditions(serving))
    there = [c for c in platforms if c.id == f"platform-{query.site}"]
    if not there:
        # Another platform's form would be no help for what happened on this one.
        return Step("tell-the-platform", None, ("platform",))
    return _step("tell-the-platform", there, _answers(there[0].service, query, at), query, at)


def _step(name: str, ranked: Sequence[Candidate], answers: Answering, query: Query, at: datetime, *extra: str) -> Step:
    """Return the step of the first, of which `answers` tells when it is open, with the others as alternatives."""
    first = ranked[0]
    return Step(
        name,
        first.id,
        (*_why(first, name, query), *extra),
        open=answers.open,
        closes_at=answers.changes_at if answers.open else None,
        opens_at=answers.changes_at if answers.open is False else None,
        stale=_stale(first.service, at),
        language_match=None if first.language is None else first.language < len(query.languages),
        alternatives=tuple(c.id for c in ranked[1:]),
        conditions=_conditions(ranked),
    )


def _conditions(offered: Iterable[Candidate]) -> dict[str, str]:
    return {c.id: code for c in offered if c.fit == "condition" and (code := age_code(c.service)) is not None}


# Why, and in which order within a step.


def _spoken(place: int | None, query: Query) -> tuple[str, ...]:
    """Say whether they speak one of the languages; nothing where that is not known."""
    if place is None:
        return ()
    return ("your-language",) if place < len(query.languages) else ("other-language",)


def _out_of_reach(c: Candidate, query: Query) -> bool:
    """Tell whether this reader cannot use any of its channels."""
    return query.can_speak is False and voice_only(c.service)


def _why(c: Candidate, step: str, query: Query) -> tuple[str, ...]:
    codes = [
        "platform" if step == "tell-the-platform" else coverage(c.service),
        "your-situation" if c.serves else None,
        age_code(c.service) if c.fit != "none" and age_holds(c.service, query) else None,
        "crisis-line" if c.crisis and step == "talk" else None,
        "free" if all_free(c.service) else None,
        "anonymous" if any(channel["anonymous"] for channel in c.service["channels"]) else None,
        "without-voice" if query.can_speak is False and not voice_only(c.service) else None,
        *_spoken(c.language, query),
    ]
    return tuple(code for code in codes if code is not None)


def _comfort(c: Candidate, query: Query) -> tuple[Any, ...]:
    """Break the remaining ties, ending with the id: a total order, so that the same query gets the same answer."""
    return (
        c.worldwide,
        not all_free(c.service),
        not any(channel["anonymous"] for channel in c.service["channels"]),
        len(query.languages) if c.language is None else c.language,
        c.id,
    )


def _stale(service: Service, at: datetime) -> bool:
    """Tell whether the last check has run out; the entry stays, because an old number is better than none."""
    until = service["assured_until"]
    return until is not None and date.fromisoformat(until) < at.astimezone(UTC).date()


def _voice_free_first(service: Service) -> Service:
    voice_last: Callable[[Mapping[str, Any]], bool] = lambda channel: bool(channel["needs_voice"])  # noqa: E731
    return {**service, "channels": sorted(service["channels"], key=voice_last)}


def _tips(pack: Mapping[str, Any], situation: str, audience: str) -> tuple[str, ...]:
    fitting = [t for t in pack["tips"] if t["kind"] == "tip" and situation in t["situations"] and audience in t["audiences"]]
    return tuple(t["slug"] for t in sorted(fitting, key=lambda t: (t["order"], t["slug"])))
