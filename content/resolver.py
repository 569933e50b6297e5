"""From one compiled pack, a query and an instant to one short ordered plan: whom to call, where to report, whom to talk to.

A pure function of its arguments; docs/resolver.md puts the same rules in words. Every id in a plan is in the pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from content.opening import ALWAYS_OPEN, UNKNOWN, Answering, answering
from content.plan import Plan, Query, Service, Step

__all__ = ["Plan", "Query", "Step", "resolve"]

#: A missing age means under 18: what this reader may be shown must be right for a child.
ADULT = 18
_OLDEST_ASSUMED = ADULT - 1
#: An upper limit above this is a service for young adults, not one for under-18s (Childline's "under 19" still is).
_CHILD_LIMIT = 18

_NOT_SURE = "not-sure"
_SELF_HARM = "self-harm-risk"


@dataclass(frozen=True, slots=True)
class _Candidate:
    service: Service
    #: By the age rule: met (or none), or "condition" where only the reader can tell.
    fit: str
    language: int | None
    named: bool
    serves: bool
    for_audience: bool

    @property
    def id(self) -> str:
        return str(self.service["id"])

    @property
    def worldwide(self) -> bool:
        return bool(self.service["country"] == "ZZ")

    @property
    def crisis(self) -> bool:
        return "helpline" in self.service["roles"] and _SELF_HARM in self.service["named_situations"]


def resolve(pack: Mapping[str, Any], query: Query, at: datetime) -> Plan:
    """Return the plan for the query at the instant `at` (aware). Never empty; the same arguments give the same plan."""
    situation = query.situation if query.situation in pack["labels"]["situations"] else _NOT_SURE
    retired = {entry["id"] for entry in pack["retired"]}
    within_reach = [s for s in pack["services"] if s["channels"] and s["id"] not in retired and _in_area(s, query)]
    candidates = [c for s in within_reach if (c := _candidate(s, query, situation)) is not None]

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
                steps.append(_step(name, ranked, query, at))
    by_id = {s["id"]: s for s in within_reach}
    ids = dict.fromkeys(i for step in steps for i in (step.service, *step.alternatives) if i is not None)
    return Plan(
        steps=tuple(steps),
        services={i: _voice_free_first(by_id[i]) if query.can_speak is False else by_id[i] for i in ids},
        tips=_tips(pack, situation, query.audience),
    )


# Who may be offered at all.


def _in_area(service: Service, query: Query) -> bool:
    area = service.get("area")
    if area is not None and query.country not in area:
        return False
    return query.region is None or not service["regions"] or query.region in service["regions"]


def _candidate(service: Service, query: Query, situation: str) -> _Candidate | None:
    fit = _fit(service["eligibility"], query)
    if fit == "no":
        return None
    return _Candidate(
        service=service,
        fit=fit,
        language=_language(service, query),
        # What it says of itself, and what it takes on besides because it helps with everything.
        named=situation in service["named_situations"],
        serves=situation in service["situations"],
        for_audience=query.audience in service["audiences"],
    )


def _fit(rule: Mapping[str, Any], query: Query) -> str:
    """Tell whether the ages fit: "none" (no rule), "yes", "no", or "condition" (the reader must judge)."""
    low, high = rule["min_age"], rule["max_age"]
    if low is None and high is None:
        return "none"
    adult_tool = low is not None and low >= ADULT
    if rule["age_measured"] == "image-taken":
        age = query.age_in_image
        if age is None and query.age is not None and query.age >= ADULT:
            # Both tools, each with its condition: nobody else can know how old the picture is.
            return "condition"
    else:
        age = query.age
    if age is None:
        if adult_tool or (high is not None and high < _OLDEST_ASSUMED):
            return "no"
        # Pictures are never younger than the person: under 18 now was under 18 then.
        known = rule["age_measured"] == "image-taken" and query.age is not None
        return "yes" if known else "condition"
    return "yes" if (low is None or age >= low) and (high is None or age <= high) else "no"


def _answers(service: Service, query: Query, at: datetime) -> Answering:
    """Merge the channels that this reader can use: open if one is, closed only if all are known to be."""
    found: list[Answering] = []
    for channel in service["channels"]:
        if query.can_speak is False and channel["needs_voice"] and "emergency" not in service["roles"]:
            continue
        zone = channel["zone"] or service["zone"]
        found.append(answering(channel["hours"], zone=zone, country=service["country"], at=at))
    opened = [a for a in found if a.open]
    if opened:
        changes = [a.changes_at for a in opened]
        return Answering(True, None if None in changes else max(c for c in changes if c is not None))
    if not found or any(a.open is None for a in found):
        return UNKNOWN
    return Answering(False, min((a.changes_at for a in found if a.changes_at is not None), default=None))


def _language(service: Service, query: Query) -> int | None:
    """Return the place of the first wish that the service speaks, len(wishes) when none, None when not known."""
    spoken = service["languages"]
    if not spoken or not query.languages:
        return None
    have = {tag.split("-")[0].lower() for tag in spoken}
    wishes = [tag.split("-")[0].lower() for tag in query.languages]
    return next((place for place, wish in enumerate(wishes) if wish in have), len(wishes))


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
    language = _language(first, query)
    return Step(
        "danger-now",
        first["id"],
        ("emergency", _coverage(first), *(("free",) if _all_free(first) else ())),
        open=answers.open,
        closes_at=answers.changes_at if answers.open else None,
        opens_at=answers.changes_at if answers.open is False else None,
        stale=_stale(first, at),
        language_match=None if language is None else language < len(query.languages),
        alternatives=tuple(s["id"] for s in ranked[1:]),
    )


def _talk(candidates: Sequence[_Candidate], query: Query, situation: str, at: datetime, *, first: bool) -> Step:
    """Fall back from the situation to any helpline here to worldwide; a crisis line is always among the answers."""
    helplines = [c for c in candidates if "helpline" in c.service["roles"]]
    for_reader = [c for c in helplines if c.for_audience]
    here = [c for c in for_reader if not c.worldwide]
    abroad = [c for c in for_reader if c.worldwide]
    tiers = ([c for c in here if c.serves], here, [c for c in abroad if c.serves], abroad)
    chosen = next((tier for tier in tiers if tier), [])

    def rank(c: _Candidate) -> tuple[Any, ...]:
        return (
            situation == _SELF_HARM and not c.crisis,
            _mismatch(c, query),
            query.can_speak is False and _voice_only(c.service),
            opened[c.id].open is False,
            _region_unknown(c, query),
            not c.named,
            not _made_for(c, query),
            # Known to answer at any hour, before hours that nobody wrote down.
            opened[c.id] != ALWAYS_OPEN,
            *_comfort(c, query),
        )

    opened = {c.id: _answers(c.service, query, at) for c in helplines}
    ranked = sorted(chosen, key=rank)
    lines = sorted((c for c in helplines if c.crisis), key=lambda c: (c.worldwide, not c.for_audience, *rank(c)))
    if not any(c.crisis for c in ranked):
        # One for the young person, even where it is not for the one who asks; one far away only where there is no other.
        ranked += lines[:1]
    if not any(opened[c.id].open for c in ranked):
        # Never a dead end at two in the morning: after those that are shut, what is open to the whole world.
        ranked += sorted((c for c in abroad if c not in ranked), key=rank)
    if not ranked:
        return Step("talk", None, ())
    return _step("talk", ranked, query, at, *(("talk-first",) if first else ()))


def _report(candidates: Sequence[_Candidate], query: Query, situation: str) -> list[_Candidate]:
    desks = [c for c in candidates if c.serves and c.for_audience and {"police-report", "hotline-csam-report"} & _roles(c)]
    chosen = [c for c in desks if not c.worldwide] or desks
    under_18 = query.age is None or query.age < ADULT
    wanted = "hotline-csam-report" if situation == "csam-seen" else "police-report"

    def rank(c: _Candidate) -> tuple[Any, ...]:
        # A desk that takes both kinds of report is one for crimes against children.
        for_children = {"police-report", "hotline-csam-report"} <= _roles(c)
        return (
            wanted not in _roles(c),
            not c.named,
            not ((under_18 and for_children) or c.fit != "none"),
            _region_unknown(c, query),
            # Where the region is not known, the desk of more regions is the likelier one.
            -len(c.service["regions"]),
            _mismatch(c, query),
            len(_roles(c)),
            *_comfort(c, query),
        )

    return sorted(chosen, key=rank)


def _take_down(candidates: Sequence[_Candidate], query: Query) -> list[_Candidate]:
    tools = [c for c in candidates if c.serves and c.for_audience and "image-removal" in _roles(c)]

    def rank(c: _Candidate) -> tuple[Any, ...]:
        return (
            # A tool for one's own picture, by age, before an office that also removes; a platform's own form last.
            "platform-report" in _roles(c),
            c.fit == "none",
            len(_roles(c)) > 1,
            c.worldwide,
            # Where the picture's age is open, the way for under-18s comes first: it is never the wrong one to try.
            c.service["eligibility"]["min_age"] is not None,
            _region_unknown(c, query),
            _mismatch(c, query),
            *_comfort(c, query),
        )

    return sorted(tools, key=rank)


def _tell_the_platform(candidates: Sequence[_Candidate], query: Query, situation: str, at: datetime) -> Step:
    platforms = sorted((c for c in candidates if "platform-report" in _roles(c)), key=lambda c: c.id)
    if query.site is None:
        serving = tuple(c.id for c in platforms if c.for_audience and (c.serves or situation == _NOT_SURE))
        return Step("tell-the-platform", None, ("platform",), alternatives=serving)
    there = [c for c in platforms if c.id == f"platform-{query.site}"]
    # Another platform's form would be no help for what happened on this one.
    return _step("tell-the-platform", there, query, at) if there else Step("tell-the-platform", None, ("platform",))


def _step(name: str, ranked: Sequence[_Candidate], query: Query, at: datetime, *extra: str) -> Step:
    first = ranked[0]
    answers = _answers(first.service, query, at)
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
        conditions={c.id: code for c in ranked if c.fit == "condition" and (code := _age_code(c.service)) is not None},
    )


# Why, and in which order within a step.


def _why(c: _Candidate, step: str, query: Query) -> tuple[str, ...]:
    codes = [
        "platform" if step == "tell-the-platform" else _coverage(c.service),
        "your-situation" if c.serves else None,
        _age_code(c.service) if c.fit != "none" and _age_holds(c.service, query) else None,
        "crisis-line" if c.crisis and step == "talk" else None,
        "free" if _all_free(c.service) else None,
        "anonymous" if any(channel["anonymous"] for channel in c.service["channels"]) else None,
        "your-language" if c.language is not None and c.language < len(query.languages) else None,
    ]
    return tuple(code for code in codes if code is not None)


def _coverage(service: Service) -> str:
    if service["country"] == "ZZ":
        return "worldwide"
    return "regional" if service["regions"] else "national"


def _age_code(service: Service) -> str | None:
    rule = service["eligibility"]
    where = "in-image" if rule["age_measured"] == "image-taken" else "now"
    if rule["min_age"] is not None and rule["min_age"] >= ADULT:
        return f"adult-{where}"
    if rule["max_age"] is not None and rule["max_age"] <= _CHILD_LIMIT:
        return f"under-18-{where}"
    return None


def _age_holds(service: Service, query: Query) -> bool:
    """Tell whether the code's own words are true of the ages told (18 fits Childline, but is not under 18)."""
    age = query.age_in_image if service["eligibility"]["age_measured"] == "image-taken" else query.age
    return age is None or (age >= ADULT) == (_age_code(service) or "").startswith("adult")


def _made_for(c: _Candidate, query: Query) -> bool:
    return c.fit != "none" or list(c.service["audiences"]) == [query.audience]


def _mismatch(c: _Candidate, query: Query) -> bool:
    return c.language is not None and c.language >= len(query.languages)


def _region_unknown(c: _Candidate, query: Query) -> bool:
    return query.region is None and bool(c.service["regions"])


def _comfort(c: _Candidate, query: Query) -> tuple[Any, ...]:
    """Break the remaining ties, ending with the id: a total order, so that the same query gets the same answer."""
    return (
        c.worldwide,
        not _all_free(c.service),
        not any(channel["anonymous"] for channel in c.service["channels"]),
        len(query.languages) if c.language is None else c.language,
        c.id,
    )


def _roles(c: _Candidate) -> frozenset[str]:
    return frozenset(c.service["roles"])


def _all_free(service: Service) -> bool:
    return all(channel["cost"] == "free" for channel in service["channels"])


def _voice_only(service: Service) -> bool:
    return all(channel["needs_voice"] for channel in service["channels"])


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
