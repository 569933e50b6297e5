"""Every country, situation, reader and age, by day and by night: the rules for plans hold in each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from content.resolver.availability import service_availability
from content.resolver.candidates import fit_of_age
from content.resolver.resolve import resolve
from content.resolver.types import Plan, PlanStep, Query
from content.terms import Audience, Situation, Step
from tests.packs import KEPT_BACK, Packs

pytestmark = pytest.mark.django_db

AGES = (None, 11, 13, 15, 17, 18, 19, 25)
#: Noon, 02:00 and a Sunday night, all in the zone of the country's services.
LOCAL_TIMES = (datetime(2026, 12, 1, 12), datetime(2026, 12, 2, 2), datetime(2026, 12, 6, 23, 30))
CRISIS = "self-harm-risk"
HARMED = {"blackmail", "image-shared", "ai-generated-image", "grooming", "live-abuse", "hacked-account", "offline-abuse"}
ANSWERED = {"phone", "sms", "chat"}
ADULTS_AROUND = {"parent", "educator", "bystander"}


@pytest.mark.slow
def test_the_rules_hold_for_every_reader(real_packs: Packs) -> None:
    broken = []
    count = 0
    for country, locale in sorted(real_packs):
        if locale != "en" or country == "ZZ":
            continue
        pack = real_packs[country, "en"]
        for equivalent in _questions(country, pack):
            plan = resolve(pack, *equivalent[0])
            for query, at in equivalent:
                count += 1
                broken += [(rule, query, at) for rule in _broken_rules(pack, query, plan, at)]

    without_line = {query.country for rule, query, _ in broken if rule == "no crisis line"}
    assert without_line == KEPT_BACK
    others = Counter((rule, query.country) for rule, query, _ in broken if rule != "no crisis line")
    assert others == {}
    assert count > 40 * len(Situation) * len(Audience) * len(AGES)


@pytest.mark.parametrize("country", ["GB", "NZ", "FR"])
def test_ages_that_no_rule_tells_apart_get_the_same_plan(real_packs: Packs, country: str) -> None:
    pack = real_packs[country, "en"]

    equivalent = [questions for questions in _questions(country, pack) if len(questions) > 1]

    assert len(equivalent) > 100
    assert [queries for queries in equivalent if len({repr(resolve(pack, *question)) for question in queries}) > 1] == []


def _questions(country: str, pack: Any) -> Iterator[list[tuple[Query, datetime]]]:
    """Yield lists of questions that differ only in ages that no rule of the pack tells apart, so one plan answers them all."""
    zone = ZoneInfo(_zone(pack))
    instants = [local.replace(tzinfo=zone).astimezone(UTC) for local in LOCAL_TIMES]
    for situation in Situation.values:
        for audience in Audience.values:
            queries = [Query(country, situation, audience=audience, age=age) for age in AGES]
            for _, ages in groupby(queries, key=partial(_fits, pack)):
                equivalent = list(ages)
                yield from ([(query, at) for query in equivalent] for at in instants)


def _fits(pack: Any, query: Query) -> tuple[object, ...]:
    """Return how the age fits each rule of the pack. Ages are in ascending order, so equivalent ones are neighbours."""
    rules = [service["eligibility"] for service in pack["services"]] + pack["tips"]
    return (query.age is None, (query.age or 0) < 18, *(fit_of_age(rule, query) for rule in rules))


def _zone(pack: Any) -> str:
    zones: list[str] = [s["zone"] for s in sorted(pack["services"], key=lambda s: s["id"]) if s["zone"] and s["country"] != "ZZ"]
    return zones[0] if zones else "UTC"


def _broken_rules(pack: Any, query: Query, plan: Plan, at: datetime) -> Iterator[str]:
    steps = {step.step: step for step in plan.steps}
    yield from _broken_talk_rules(pack, query, plan, at)
    if "report" in _order(pack, query) and "report" not in steps:
        yield "no report step"
    if report := steps.get(Step.REPORT.value):
        yield from _broken_report_rules(query, plan, report)
    if take_down := steps.get(Step.TAKE_DOWN.value):
        powers = [plan.services[name].get("removal_power") is None for name in _named(take_down)]
        if powers != sorted(powers):
            yield "a removal tool before a body that can order a removal"
    yield from _broken_tip_rules(pack, query, plan)
    emergencies = {s["id"] for s in pack["services"] if "emergency" in s["roles"] and CRISIS in s["named_situations"]}
    if query.situation == CRISIS:
        if emergencies and plan.steps[0].service not in emergencies:
            yield "the police before the ambulance"
        numbers = [number for name in _named(plan.steps[0]) for number in _labels(plan.services[name])]
        if "ambulance" in numbers and numbers[0] == "police":
            yield "the number of the police before that of the ambulance"


def _broken_talk_rules(pack: Any, query: Query, plan: Plan, at: datetime) -> Iterator[str]:
    step = next(step for step in plan.steps if step.step == "talk")
    talk = [plan.services[name] for name in _named(step)]
    if not any(_has_line(s) and CRISIS in s["named_situations"] and "helpline" in s["roles"] for s in talk):
        yield "no crisis line"
    young = [s for s in pack["services"] if "helpline" in s["roles"] and s["audiences"] == ["teen"] and _for_all_ages(s)]
    if query.audience in ADULTS_AROUND and young and not set(step.notes.values()) - {"directory"}:
        yield "no line for the young person"
    directories = [not _has_line(s) and s["country"] == "ZZ" for s in talk]
    if directories != sorted(directories):
        yield "a directory before a line"
    openness = [service_availability(s, at).open for s in talk if _has_line(s)]
    if True in openness and (openness[0] is False or (openness[0] is None and _night(pack, at))):
        yield "a line that may not answer is first"
    if query.situation == CRISIS and talk[0]["regions"] and any(_has_line(s) and not s["regions"] for s in talk):
        yield "a line of some regions before one of the country"
    if query.situation != CRISIS and talk[0]["named_situations"] == [CRISIS]:
        theirs = [plan.services[name] for name, note in step.notes.items() if note != "directory"]
        if any(query.situation in s["named_situations"] and service_availability(s, at).open for s in theirs):
            yield "a crisis line before the young person's line that names the situation"
        naming = [s for s in talk if query.situation in s["named_situations"]]
        # A regional line follows where the region is not given.
        if any(service_availability(s, at).open and not s["regions"] and query.audience in s["audiences"] for s in naming):
            yield "a crisis line before one that names the situation"


def _broken_tip_rules(pack: Any, query: Query, plan: Plan) -> Iterator[str]:
    tips = {tip["slug"]: tip for tip in pack["tips"]}
    for tip in (tips[slug] for slug in (*plan.tips, *plan.more_tips)):
        if (query.age or 0) >= 18 and tip["age_measured"] == "now" and (tip["max_age"] or 99) < 18:
            yield f"a tip for under-18s: {tip['slug']}"
        if (query.age or 0) < 18 and query.audience != "survivor" and (tip["min_age"] or 0) >= 18:
            yield f"a tip for adults: {tip['slug']}"
    if len(plan.tips) > 5:
        yield "more than five tips"
    # A child of up to twelve first gets the tip that is to be read together.
    if query.situation == "blackmail" and query.audience == "teen" and query.age != 11 and plan.tips[0] != "first-hour":
        yield "first-hour is not the first tip"
    if "hold-on" in plan.tips[:1] and query.situation != CRISIS:
        yield "hold-on is first"


def _broken_report_rules(query: Query, plan: Plan, report: PlanStep) -> Iterator[str]:
    named = [plan.services[name] for name in _named(report)]
    if report.service is None and not {"nearest-police", "nearest-police-adult"} & set(report.why):
        yield "a report step without words"
    if query.situation in HARMED and any(query.situation not in s["named_situations"] for s in named):
        yield "a general service takes the report"
    if report.service is not None and query.situation in HARMED and named[0]["country"] == "ZZ":
        yield "a finder before the police"
    places = [s["country"] == "ZZ" for s in named]
    if places != sorted(places):
        yield "a worldwide service before one of the country"


def _named(step: PlanStep) -> list[str]:
    return [name for name in (step.service, *step.alternatives) if name is not None]


def _labels(service: Any) -> list[str]:
    return [channel["label"]["text"] if channel["label"] else "" for channel in service["channels"]]


def _order(pack: Any, query: Query) -> list[str]:
    order: list[str] = pack["plan_order"].get(query.situation, pack["plan_order"]["default"])[query.audience]
    return order


def _has_line(service: Any) -> bool:
    return bool(ANSWERED & {channel["type"] for channel in service["channels"]})


def _for_all_ages(service: Any) -> bool:
    return service["eligibility"]["min_age"] is None and service["eligibility"]["max_age"] is None and _has_line(service)


def _night(pack: Any, at: datetime) -> bool:
    return not 8 <= at.astimezone(ZoneInfo(_zone(pack))).hour < 22


def test_the_instants_are_a_day_a_night_and_a_sunday_night() -> None:
    assert [local.hour for local in LOCAL_TIMES] == [12, 2, 23]
    assert LOCAL_TIMES[2].isoweekday() == 7
    assert timedelta(0) < LOCAL_TIMES[1] - LOCAL_TIMES[0] < timedelta(days=1)
