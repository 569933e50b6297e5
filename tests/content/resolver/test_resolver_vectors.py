"""Every vector of docs/resolver-vectors.json, and the promises over 100,000 random queries on the packs beside it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import Plan, Query
from content.resolver.vectors import VECTORS, answer, plain, read_cases, read_packs, to_json
from content.terms import PLAN_ORDER, Audience, Situation

PACKS = read_packs()
CASES = read_cases()
REGIONS = [None, None, None, "GB-WLS", "GB-SCT", "GB-NIR", "GB-ENG", "US-NY", "FR-IDF"]
SITES = [None, None, "snapchat", "tiktok", "google-search", "skype", "oldchat", "chatter", "nowhere"]
LANGUAGES = ["en", "cy", "de", "pt", "pt-BR", "ur", "zh-Hant", "xx"]
#: One part of 100,000 each, so that a failure is found early and its seed is in its name.
PARTS, PER_PART = 20, 5_000


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_vector_is_answered_as_it_says(case: dict[str, Any]) -> None:
    assert answer(case, PACKS) == case["expect"]


def test_there_are_enough_vectors_and_each_is_another_question() -> None:
    asked = {json.dumps([case["pack"], case["query"], case["at"]], sort_keys=True) for case in CASES}

    assert len({case["name"] for case in CASES}) == len(CASES) >= 150
    assert len(asked) == len(CASES)
    assert {case["query"]["situation"] for case in CASES} > set(Situation.values)
    assert {case["query"].get("audience", "teen") for case in CASES} == set(Audience.values)


def test_every_reason_stands_in_some_vector() -> None:
    said = {code for case in CASES for step in case["expect"]["steps"] for code in step["why"]}

    assert said == {
        "emergency", "local-emergency", "national", "regional", "worldwide", "your-situation", "under-18-now",
        "under-18-in-image", "adult-now", "adult-in-image", "free", "anonymous", "your-language", "other-language",
        "without-voice", "crisis-line", "talk-first", "platform", "trusted-adult", "if-at-home-unsafe",
    }  # fmt: skip


def test_the_file_is_as_the_command_writes_it_and_the_order_of_steps_is_ours() -> None:
    assert VECTORS.read_text(encoding="utf-8") == to_json(CASES)
    assert all(pack["plan_order"] == PLAN_ORDER for pack in PACKS.values())


@pytest.mark.parametrize("part", range(PARTS))
def test_the_promises_hold_for_random_queries(part: int) -> None:
    dice = random.Random(part)
    names = sorted(PACKS)
    backwards = {name: {**pack, "services": pack["services"][::-1], "tips": pack["tips"][::-1]} for name, pack in PACKS.items()}

    for number in range(PER_PART):
        name = dice.choice(names)
        query, at = random_query(dice, name), random_instant(dice)
        plan = resolve(PACKS[name], query, at)
        faults = list(_broken(PACKS[name], query, plan))
        assert not faults, (name, query, at, faults)
        if number % 2 == 0:
            assert plain(resolve(backwards[name], query, at)) == plain(plan), (name, query, at)


def random_query(dice: random.Random, pack: str) -> Query:
    """Draw what a reader may tell where this pack is the one that answers."""
    ages = [None, None, *range(0, 30), 40, 120]
    return Query(
        country=dice.choice(["JP", "PT", "AQ", "ZZ"]) if pack == "ZZ" else pack if len(pack) == 2 else "GB",
        situation=dice.choice([*Situation.values, "nobody-knows-this"]),
        audience=dice.choice(Audience.values),
        region=dice.choice(REGIONS),
        age=dice.choice(ages),
        age_in_image=dice.choice(ages),
        site=dice.choice(SITES),
        languages=tuple(dice.sample(LANGUAGES, dice.randrange(3))),
        can_speak=dice.choice([None, True, False]),
    )


def random_instant(dice: random.Random) -> datetime:
    """Draw an instant, often outside the years of the holiday tables."""
    year = dice.choice([1970, 1999, 2026, 2026, 2026, 2027, 2076, 2099])
    return datetime(year, 1, 2, tzinfo=UTC) + timedelta(minutes=dice.randrange(363 * 24 * 60))


def _broken(pack: dict[str, Any], query: Query, plan: Plan) -> list[str]:
    """Name each promise that the plan breaks."""
    services = {service["id"]: service for service in pack["services"]}
    named = [i for step in plan.steps for i in (step.service, *step.alternatives) if i is not None]
    retired = {entry["id"] for entry in pack["retired"]}
    faults = []
    if not plan.steps or plan.steps[0].step != "danger-now" or not all(step.why for step in plan.steps):
        faults.append("empty, or a step without a reason")
    if retired & set(named) or not set(named) <= services.keys() or any(not services[i]["channels"] for i in named):
        faults.append("a service that is retired, withheld or cannot be reached")
    emergencies = {
        i
        for i, s in services.items()
        if "emergency" in s["roles"]
        and query.country in (s["area"] or [s["country"]])
        and (query.region is None or not s["regions"] or query.region in s["regions"])
    }
    if plan.steps[0].service not in (emergencies or {None}):
        faults.append("no emergency number")
    crisis = [i for i in named if "helpline" in services[i]["roles"] and "self-harm-risk" in services[i]["named_situations"]]
    if not crisis and services:
        faults.append("no crisis line")
    for i in named:
        rule = services[i]["eligibility"]
        if (rule["min_age"] or 0) < 18:
            continue
        in_image = rule["age_measured"] == "image-taken"
        age = query.age_in_image if in_image else query.age
        grown = query.age is not None and query.age >= 18
        if age is None and not (in_image and grown and any(step.conditions.get(i) for step in plan.steps)):
            faults.append(f"{i} is for adults, and no age says so")
        if age is not None and age < rule["min_age"]:
            faults.append(f"{i} is for adults, and the reader is none")
    return faults
