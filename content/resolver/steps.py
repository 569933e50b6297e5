"""The steps of a plan: for each of them, which services are offered, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache

from content.resolver.availability import service_availability
from content.resolver.candidates import (
    ADULT,
    Candidate,
    is_anonymous,
    is_free,
    language_rank,
    no_shared_language,
    region_not_given,
    tailored_to,
    unusable,
)
from content.resolver.reasons import age_code, conditions, emergency_reasons, reasons
from content.resolver.types import ALWAYS_OPEN, Availability, PackedService, PlanStep, Query

_NOT_SURE = "not-sure"
_CSAM_SEEN = "csam-seen"
_SELF_HARM_RISK = "self-harm-risk"
_IMAGE_SHARED = "image-shared"
_PRIVATE = "private"
_TEEN = "teen"
#: Situations in which only a service that names them takes a report: a line against trafficking is no help with a stolen account.
_NAMED_ONLY = frozenset(
    {"blackmail", "image-shared", "ai-generated-image", "grooming", "live-abuse", "hacked-account", "offline-abuse"}
)
#: By audience: what is said of the line that the young person can use.
_YOUNG_PERSONS_LINE = {
    "parent": "for-your-child",
    "educator": "for-the-young-person",
    "bystander": "for-the-young-person",
}
_REPORT_ROLES = frozenset({"police-report", "hotline-csam-report"})


def danger_now(services: Iterable[PackedService], query: Query, at: datetime) -> PlanStep:
    """Offer the emergency services by place alone: no age, audience, situation, language or hour may remove such a number."""
    ranked = sorted(
        (s for s in services if "emergency" in s["roles"]),
        key=lambda s: (
            # In a crisis, an ambulance is what is needed, and the police where somebody is threatened.
            query.situation not in s["named_situations" if query.situation == _SELF_HARM_RISK else "situations"],
            s["country"] == "ZZ",
            bool(s["regions"]) and query.region is None,
            s["id"],
        ),
    )
    if not ranked:
        return PlanStep("danger-now", None, ("local-emergency",))
    first = ranked[0]
    availability = service_availability(first, at)
    language = language_rank(first, query)
    return PlanStep(
        "danger-now",
        first["id"],
        emergency_reasons(first, language, query),
        open=availability.open,
        closes_at=availability.changes_at if availability.open else None,
        opens_at=availability.changes_at if availability.open is False else None,
        stale=_is_stale(first, at),
        language_match=None if language is None else language < len(query.languages),
        alternatives=tuple(s["id"] for s in ranked[1:]),
    )


def talk(candidates: Sequence[Candidate], query: Query, at: datetime, *, before_report: bool, night: bool) -> PlanStep:
    """Offer helplines: those for the situation here, else any here, else worldwide ones.

    A crisis line is always among them, and an adult's plan holds the line that the young person can use. Directories come last.
    """
    in_crisis = query.situation == _SELF_HARM_RISK
    helplines = [c for c in candidates if "helpline" in c.roles and not c.directory]
    directories = [c for c in candidates if c.directory and c.for_audience]
    for_audience = [c for c in helplines if c.for_audience]
    here = [c for c in for_audience if not c.worldwide]
    abroad = [c for c in for_audience if c.worldwide]
    tiers = ([c for c in here if c.serves], here, [c for c in abroad if c.serves], abroad)
    ranked = next((tier for tier in tiers if tier), [])
    # A crisis line of some regions may not answer here: where there is no other, the national lines come before it.
    crisis_lines_first = in_crisis and any(c.crisis_line and not region_not_given(c, query) for c in helplines)

    @cache
    def availability(c: Candidate) -> Availability:
        return _availability(c, query, at)

    def rank(c: Candidate) -> tuple[object, ...]:
        return (
            crisis_lines_first and not c.crisis_line,
            no_shared_language(c, query),
            unusable(c, query),
            # In a crisis, rank lines that are known to be open first.
            in_crisis and availability(c).open is not True,
            availability(c).open is False,
            # At night, a line of unknown hours may leave a child waiting.
            night and availability(c).open is not True,
            region_not_given(c, query),
            not c.named,
            # A line for despair alone is not the first to ask about something else.
            not in_crisis and _for_despair_alone(c),
            not tailored_to(c, query),
            # Always open, then open now, then unknown hours.
            availability(c) != ALWAYS_OPEN,
            availability(c).open is not True,
            # One that also gets such pictures removed saves a second call.
            not (c.named and "image-removal" in c.roles),
            *_tie_break(c, query),
        )

    ranked = sorted(ranked, key=rank)
    if not any(c.crisis_line for c in ranked):
        # One that the young person can use, even where it is not for the audience; a worldwide one only where there is no other.
        crisis_lines = [c for c in helplines if c.crisis_line]
        ranked += sorted(crisis_lines, key=lambda c: (c.worldwide, not c.for_audience, *rank(c)))[:1]
    notes = {c.id: "directory" for c in directories}
    best = None
    if query.audience in _YOUNG_PERSONS_LINE and (young := [c for c in helplines if _TEEN in c.service["audiences"]]):
        # A line for young people alone comes before one that is for everybody.
        best = min(young, key=lambda c: (in_crisis and not c.crisis_line, c.worldwide, c.for_audience, *rank(c)))
        notes[best.id] = _YOUNG_PERSONS_LINE[query.audience]
        ranked += [best] if best not in ranked else []
    if not any(availability(c).open for c in ranked):
        # If none of them is known to be open, append the worldwide lines.
        ranked += sorted((c for c in abroad if c not in ranked), key=rank)

    def may_not_answer(c: Candidate) -> tuple[bool, bool]:
        return (availability(c).open is False, night and availability(c).open is not True)

    # What was appended may be open while those before it are not.
    ranked.sort(key=may_not_answer)
    if best is not None and _suits_better(best, ranked[0], query) and may_not_answer(best) <= may_not_answer(ranked[0]):
        ranked.remove(best)
        ranked.insert(0, best)
    ranked += sorted(directories, key=rank)
    if not ranked:
        return PlanStep("talk", None, ("trusted-adult", "if-at-home-unsafe"))
    extra = ("talk-first",) if before_report else ()
    return _step("talk", ranked, query, at, availability=availability(ranked[0]), extra_reasons=extra, notes=notes)


def _for_despair_alone(c: Candidate) -> bool:
    """Return whether the risk of self-harm is the only situation that the service names."""
    return list(c.service["named_situations"]) == [_SELF_HARM_RISK]


def _suits_better(c: Candidate, first: Candidate, query: Query) -> bool:
    """Return whether the young person's line suits the situation, and the first line for the adult is one for despair."""
    if query.situation == _SELF_HARM_RISK or unusable(c, query) or no_shared_language(c, query) or region_not_given(c, query):
        return False
    return _for_despair_alone(first) and (c.named or (c.serves and not first.serves))


def report(candidates: Sequence[Candidate], query: Query, at: datetime) -> PlanStep:
    """Offer the police and hotlines here, or also the worldwide ones where there is none here, or else the nearest police.

    For material that was seen in public, worldwide hotlines are added as soon as there is no hotline here. To a child who was
    harmed, they are only an alternative to the police.
    """
    in_chat = query.where == _PRIVATE
    seen_in_chat = in_chat and query.situation == _CSAM_SEEN
    suited = [
        c
        for c in candidates
        if c.for_audience
        and not _REPORT_ROLES.isdisjoint(c.roles)
        # An office that takes everything, such as a fraud desk, is no report address for a child in a picture.
        and (c.named if query.situation in _NAMED_ONLY else c.serves or (seen_in_chat and _names_pictures(c)))
        # A hotline takes addresses of public pages; nobody can open a chat for it.
        and not (in_chat and "police-report" not in c.roles)
    ]
    seen_in_public = query.situation == _CSAM_SEEN and not in_chat
    wanted = "hotline-csam-report" if seen_in_public else "police-report"
    here = [c for c in suited if not c.worldwide]
    enough_here = any(wanted in c.roles for c in here) if seen_in_public else bool(here)
    extra = ("private-chat",) if in_chat else ()
    under_18 = query.age is None or query.age < ADULT

    def rank(c: Candidate) -> tuple[object, ...]:
        # A service that takes both kinds of report is specialised in crimes against children.
        for_children = _REPORT_ROLES.issubset(c.roles)
        return (
            unusable(c, query),
            # The police here before a finder of hotlines elsewhere.
            c.worldwide,
            wanted not in c.roles,
            region_not_given(c, query),
            not c.named,
            not ((under_18 and for_children) or c.age_fit != "no-rule"),
            # While the region is not given, a service for more regions is more likely to be the right one.
            -len(c.service["regions"]),
            no_shared_language(c, query),
            len(c.roles),
            *_tie_break(c, query),
        )

    ranked = sorted(here if enough_here else suited, key=rank)
    if not ranked or (ranked[0].worldwide and query.situation in _NAMED_ONLY):
        why = ("nearest-police" if under_18 else "nearest-police-adult", *extra)
        ids = tuple(c.id for c in ranked)
        return PlanStep("report", None, why, alternatives=ids, conditions=conditions(ranked))
    return _step("report", ranked, query, at, extra_reasons=extra)


def _names_pictures(c: Candidate) -> bool:
    """Return whether the service names pictures that are passed on, which is what a chat with such material is."""
    return _IMAGE_SHARED in c.service["named_situations"]


def take_down(candidates: Sequence[Candidate], query: Query, at: datetime) -> PlanStep | None:
    """Offer the tools that get an image removed; None where there are none."""
    tools = [c for c in candidates if c.serves and c.for_audience and "image-removal" in c.roles]

    def rank(c: Candidate) -> tuple[object, ...]:
        return (
            unusable(c, query),
            # Tools for images of oneself, by age; then offices that also remove images; platforms' own forms last.
            "platform-report" in c.roles,
            # A body that can order a removal, or is answered first, before a tool that asks for it.
            c.service.get("removal_power") is None,
            c.age_fit == "no-rule",
            len(c.roles) > 1,
            c.worldwide,
            # While the age in the image is unknown, the tool for under-18s comes first: trying it is never wrong.
            c.service["eligibility"]["min_age"] is not None,
            region_not_given(c, query),
            no_shared_language(c, query),
            *_tie_break(c, query),
        )

    ranked = sorted(_without_unpaired_tools(tools, query), key=rank)
    return _step("take-down", ranked, query, at) if ranked else None


def tell_the_platform(candidates: Sequence[Candidate], query: Query, at: datetime) -> PlanStep:
    """Offer the report form of the site that the reader named; without a site, name no service and list all forms.

    A form for something else is an alternative only: the reader is told that no address for this is known.
    """
    platforms = sorted((c for c in candidates if "platform-report" in c.roles), key=lambda c: c.id)
    if query.site is None:
        suited = [c for c in platforms if c.for_audience and (c.serves or query.situation == _NOT_SURE)]
        ids = tuple(c.id for c in suited)
        return PlanStep("tell-the-platform", None, ("platform",), alternatives=ids, conditions=conditions(suited))
    named = [c for c in platforms if c.id == f"platform-{query.site}"]
    if not any(c.serves or query.situation == _NOT_SURE for c in named):
        # The form of another platform would not help with what happened on this one.
        ids = tuple(c.id for c in named)
        return PlanStep("tell-the-platform", None, ("platform", "no-address"), alternatives=ids, conditions=conditions(named))
    return _step("tell-the-platform", named, query, at)


def _step(
    name: str,
    ranked: Sequence[Candidate],
    query: Query,
    at: datetime,
    *,
    availability: Availability | None = None,
    extra_reasons: tuple[str, ...] = (),
    notes: Mapping[str, str] | None = None,
) -> PlanStep:
    """Return the step that names the first candidate, with the others as alternatives."""
    first = ranked[0]
    availability = availability or _availability(first, query, at)
    return PlanStep(
        name,
        first.id,
        (*reasons(first, name, query), *extra_reasons),
        open=availability.open,
        closes_at=availability.changes_at if availability.open else None,
        opens_at=availability.changes_at if availability.open is False else None,
        stale=_is_stale(first.service, at),
        language_match=None if first.language is None else first.language < len(query.languages),
        alternatives=tuple(c.id for c in ranked[1:]),
        conditions=conditions(ranked),
        notes=notes or {},
    )


def _availability(c: Candidate, query: Query, at: datetime) -> Availability:
    return service_availability(c.service, at, can_speak=query.can_speak is not False)


def _is_stale(service: PackedService, at: datetime) -> bool:
    """Return whether the last check is no longer valid. The service stays: an old number is better than none."""
    until = service["assured_until"]
    return until is not None and date.fromisoformat(until) < at.astimezone(UTC).date()


def _without_unpaired_tools(tools: list[Candidate], query: Query) -> list[Candidate]:
    """Remove the tools that only the reader can choose between, where the one for adults or the one for under-18s is missing."""
    if query.age_in_image is not None or query.age is None or query.age < ADULT:
        return tools
    # A platform's own form is for that platform alone, so it is not the counterpart of a tool for all platforms.
    undecided = [c for c in tools if c.age_fit == "unknown" and "platform-report" not in c.roles]
    sides = {code.split("-")[0] for c in undecided if (code := age_code(c.service)) is not None}
    return tools if len(sides) == 2 else [c for c in tools if c not in undecided]


def _tie_break(c: Candidate, query: Query) -> tuple[object, ...]:
    """Return the last criteria of most orders; the id makes each order total, so the same query gets the same plan."""
    return (
        c.worldwide,
        not is_free(c.service),
        not is_anonymous(c.service),
        len(query.languages) if c.language is None else c.language,
        c.id,
    )
