"""Every vector of docs/resolver-vectors.json, and promises that hold for 100,000 random queries on the fixed packs."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import PackContent, Plan, Query
from content.resolver.vectors import VECTORS, Case, answer, fill_in, plain, read_cases, read_packs, to_json
from content.resolver.week import public_holidays, usual_week
from content.terms import PLAN_ORDER, Audience, Situation
from tests.examples import examples

PACKS = read_packs()
CASES = read_cases()
REGIONS = [None, None, None, "GB-WLS", "GB-SCT", "GB-NIR", "GB-ENG", "US-NY", "FR-IDF"]
SITES = [None, None, "snapchat", "tiktok", "google-search", "skype", "oldchat", "chatter", "nowhere"]
LANGUAGES = ["en", "cy", "de", "tl", "fil", "pt", "pt-BR", "ur", "zh-Hant", "xx"]
#: Parts of the 100,000 queries: a failure is found early, and the number of the part is the seed.
PARTS, PER_PART = 20, 5_000


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_resolver_agrees_with_the_vector(case: Case) -> None:
    assert answer(case, PACKS) == case["expect"]


def test_no_case_needs_filling_in() -> None:
    assert not [case["name"] for case in CASES if fill_in(case.copy(), PACKS)]


def test_the_tables_of_the_fixed_packs_are_those_of_their_hours() -> None:
    seen = set()
    for pack in PACKS.values():
        holidays = pack["public_holidays"]
        for service in pack["services"]:
            for channel in service["channels"]:
                if channel["hours"] not in (None, "24/7"):
                    seen.add(channel["hours"])
                    assert channel["week"] == usual_week(channel["hours"])
                    country = service["country"]
                    days = [day.isoformat() for year in (2026, 2027, 2076) for day in public_holidays(country, year)]
                    assert holidays.get(country, []) == days

    assert len(seen) > 15


def test_there_are_enough_vectors_and_each_is_different() -> None:
    questions = {json.dumps([case["pack"], case["query"], case["at"]], sort_keys=True) for case in CASES}

    assert len({case["name"] for case in CASES}) == len(CASES) >= 150
    assert len(questions) == len(CASES)
    assert {case["query"]["situation"] for case in CASES} > set(Situation.values)
    assert {case["query"].get("audience", "teen") for case in CASES} == set(Audience.values)


def test_every_reason_is_in_some_vector() -> None:
    codes = {code for case in CASES for step in case["expect"]["steps"] for code in step["why"]}

    assert codes == {
        "emergency", "local-emergency", "national", "regional", "worldwide", "your-situation", "under-18-now",
        "under-18-in-image", "adult-now", "adult-in-image", "free", "anonymous", "your-language", "other-language",
        "without-voice", "crisis-line", "talk-first", "platform", "trusted-adult", "if-at-home-unsafe", "directory",
        "orders-removal", "nearest-police", "nearest-police-adult", "private-chat", "no-address",
    }  # fmt: skip


def test_the_file_is_as_written_by_the_command_with_our_step_order() -> None:
    assert VECTORS.read_text(encoding="utf-8") == to_json(CASES)
    assert all(pack["plan_order"] == PLAN_ORDER for pack in PACKS.values())


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, PARTS))])
def test_the_promises_hold_for_random_queries(part: int) -> None:
    rng = random.Random(part)
    names = sorted(PACKS)
    reversed_packs: dict[str, PackContent] = {
        name: {**pack, "services": pack["services"][::-1], "tips": pack["tips"][::-1]} for name, pack in PACKS.items()
    }

    for number in range(examples(PER_PART)):
        name = rng.choice(names)
        query, at = random_query(rng, name), random_instant(rng)
        plan = resolve(PACKS[name], query, at)
        faults = list(_broken_promises(PACKS[name], query, plan))
        assert not faults, (name, query, at, faults)
        if number % 2 == 0:
            assert plain(resolve(reversed_packs[name], query, at)) == plain(plan), (name, query, at)


def random_query(rng: random.Random, pack: str) -> Query:
    """Return a random query that this pack may answer."""
    ages = [None, None, *range(0, 30), 40, 120]
    return Query(
        country=rng.choice(["JP", "PT", "AQ", "ZZ"]) if pack == "ZZ" else pack if len(pack) == 2 else "GB",
        situation=rng.choice([*Situation.values, "nobody-knows-this", "sextortion", "deepfake"]),
        audience=rng.choice(Audience.values),
        region=rng.choice(REGIONS),
        age=rng.choice(ages),
        age_in_image=rng.choice(ages),
        site=rng.choice(SITES),
        where=rng.choice([None, None, "public", "private"]),
        languages=tuple(rng.sample(LANGUAGES, rng.randrange(3))),
        can_speak=rng.choice([None, True, False]),
    )


def random_instant(rng: random.Random) -> datetime:
    """Return a random instant, often outside the years of the holiday tables."""
    year = rng.choice([1970, 1999, 2026, 2026, 2026, 2027, 2076, 2099])
    return datetime(year, 1, 2, tzinfo=UTC) + timedelta(minutes=rng.randrange(363 * 24 * 60))


def _broken_promises(pack: PackContent, query: Query, plan: Plan) -> list[str]:
    """Return a description of each promise that the plan breaks."""
    services = {service["id"]: service for service in pack["services"]}
    named = [i for step in plan.steps for i in (step.service, *step.alternatives) if i is not None]
    retired = {entry["id"] for entry in pack["retired"]}
    faults = []
    if not plan.steps or plan.steps[0].step != "danger-now" or not all(step.why for step in plan.steps):
        faults.append("empty, or a step without a reason")
    if retired & set(named) or not set(named) <= services.keys() or any(not services[i]["channels"] for i in named):
        faults.append("a service that is retired, withheld or without channels")
    emergencies = {
        i
        for i, s in services.items()
        if "emergency" in s["roles"]
        and query.country in (s.get("area") or [s["country"]])
        and (query.region is None or not s["regions"] or query.region in s["regions"])
    }
    first = plan.steps[0].service
    if (first not in emergencies) if emergencies else first is not None:
        faults.append("no emergency number")
    crisis = [i for i in named if "helpline" in services[i]["roles"] and "self-harm-risk" in services[i]["named_situations"]]
    if not crisis and services:
        faults.append("no crisis line")
    for i in named:
        rule = services[i]["eligibility"]
        min_age = rule["min_age"] or 0
        if min_age < 18:
            continue
        in_image = rule["age_measured"] == "image-taken"
        # A survivor is an adult now, whether or not the age is given.
        age_now = 30 if query.audience == "survivor" and query.age is None else query.age
        age = query.age_in_image if in_image else age_now
        adult_now = age_now is not None and age_now >= 18
        if age is None and not (in_image and adult_now and any(step.conditions.get(i) for step in plan.steps)):
            faults.append(f"{i} is for adults, and the age is not given")
        if age is not None and age < min_age:
            faults.append(f"{i} is for adults, and the young person is under 18")
    return faults
