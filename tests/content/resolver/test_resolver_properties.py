"""Properties of the plans for any query over every real pack."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.resolver.resolve import resolve
from content.resolver.types import PackContent, Plan, Query
from content.terms import Audience, Situation
from tests.examples import examples
from tests.make import NOON
from tests.packs import KEPT_BACK, Packs

pytestmark = pytest.mark.django_db

OWN = ["AU", "BR", "CA", "CI", "DE", "ES", "FR", "GB", "IE", "IN", "KE", "MX", "NG", "NZ", "PH", "US", "ZA"]
ABROAD = ["JP", "PT", "AQ", "ZZ"]

_ages = st.none() | st.integers(0, 120)
queries = st.builds(
    Query,
    country=st.sampled_from(OWN + ABROAD),
    situation=st.sampled_from([*Situation.values, "nobody-knows-this"]),
    audience=st.sampled_from(Audience.values),
    region=st.none() | st.sampled_from(["GB-WLS", "GB-SCT", "GB-NIR", "GB-ENG", "MX-CMX", "US-NY"]),
    age=_ages,
    age_in_image=_ages,
    where=st.sampled_from([None, "public", "private"]),
    site=st.none() | st.sampled_from(["snapchat", "x", "google-search", "nowhere"]),
    languages=st.lists(st.sampled_from(["en", "cy", "pt-BR", "pt", "xx", "zh-Hant"]), max_size=3).map(tuple),
    can_speak=st.none() | st.booleans(),
)
instants = st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30)).map(lambda t: t.replace(tzinfo=UTC))
many_examples = settings(max_examples=examples(400), deadline=None)

#: The real packs are not arguments of the tests: hypothesis would print all of them at a failure.
PACKS: dict[tuple[str, str], PackContent] = {}


@pytest.fixture(autouse=True, scope="module")
def _load_packs(real_packs: Packs) -> None:
    PACKS.update(real_packs)


def plan_for(query: Query, at: datetime) -> tuple[PackContent, Plan]:
    pack = PACKS[query.country if query.country in OWN else "ZZ", "en"]
    return pack, resolve(pack, query, at)


def named(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        yield from (i for i in (step.service, *step.alternatives) if i is not None)


@many_examples
@given(query=queries, at=instants)
def test_every_plan_begins_with_danger_now_and_has_a_crisis_line(query: Query, at: datetime) -> None:
    pack, plan = plan_for(query, at)

    services = {s["id"]: s for s in pack["services"]}
    assert plan.steps[0].step == "danger-now"
    emergencies = {
        i for i, s in services.items() if "emergency" in s["roles"] and query.country in (s.get("area") or [s["country"]])
    }
    assert (plan.steps[0].service in emergencies) if emergencies else plan.steps[0].service is None
    talk = next(s for s in plan.steps if s.step == "talk")
    crisis = [
        i
        for i in (talk.service, *talk.alternatives)
        if i
        and "helpline" in services[i]["roles"]
        and "self-harm-risk" in services[i]["named_situations"]
        and (
            pack["country"] in {"ZZ", *KEPT_BACK}
            or {"phone", "sms", "chat"} & {channel["type"] for channel in services[i]["channels"]}
        )
    ]
    assert crisis, query


@many_examples
@given(query=queries, at=instants)
def test_no_adult_tool_is_offered_to_a_child_or_without_an_age(query: Query, at: datetime) -> None:
    pack, plan = plan_for(query, at)

    services = {s["id"]: s for s in pack["services"]}
    for name in named(plan):
        rule = services[name]["eligibility"]
        min_age = rule["min_age"] or 0
        if min_age < 18:
            continue
        # A survivor is an adult now, whether or not the age is given.
        age = 30 if query.audience == "survivor" and query.age is None else query.age
        measured = query.age_in_image if rule["age_measured"] == "image-taken" else age
        if measured is None:
            assert rule["age_measured"] == "image-taken"
            assert age is not None
            assert age >= 18
            assert any(step.conditions.get(name) == "adult-in-image" for step in plan.steps)
        else:
            assert measured >= min_age


@many_examples
@given(query=queries, at=instants)
def test_the_order_of_the_pack_does_not_change_the_plan(real_packs: Packs, query: Query, at: datetime) -> None:
    pack, plan = plan_for(query, at)

    again = resolve({**pack, "services": pack["services"][::-1], "tips": pack["tips"][::-1]}, query, at)

    assert again == plan


@many_examples
@given(query=queries, at=instants)
def test_a_plan_names_only_services_of_the_pack_with_reasons(query: Query, at: datetime) -> None:
    pack, plan = plan_for(query, at)

    served = {s["id"] for s in pack["services"]}
    assert set(named(plan)) == set(plan.services) <= served
    assert {*plan.tips, *plan.more_tips} <= {t["slug"] for t in pack["tips"]}
    assert len(plan.tips) <= 5
    if plan.more_tips:
        assert len(plan.tips) == 5
    for step in plan.steps:
        assert step.why
        assert {*step.why, *step.conditions.values(), *step.notes.values()} <= pack["labels"]["why"].keys()
        assert len({step.service, *step.alternatives}) == 1 + len(step.alternatives)
        assert step.closes_at is None or (step.open is True and step.closes_at >= at)
        assert step.opens_at is None or (step.open is False and step.opens_at >= at)


@many_examples
@given(query=queries, at=instants)
def test_a_service_of_another_place_is_never_named(query: Query, at: datetime) -> None:
    _, plan = plan_for(query, at)

    for service in plan.services.values():
        assert service["country"] in {query.country, "ZZ"}
        assert service["area"] is None or query.country in service["area"]
        if query.region and service["regions"]:
            assert query.region in service["regions"]


def test_a_plan_is_a_bounded_amount_of_work(real_packs: Packs) -> None:
    """Count calls, not seconds, because machines differ; docs/measurements/resolver.md has the seconds."""
    pack = real_packs["GB", "en"]
    query = Query("GB", "blackmail", age=15, languages=("cy", "en"), site="snapchat")
    resolve(pack, query, NOON)
    calls = 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        resolve(pack, query, NOON)
    finally:
        sys.setprofile(None)

    assert 0 < calls < 2_000
