"""The rules of the resolver, each on the smallest pack that shows it, and on real packs where the services matter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import Plan, PlanStep, Query
from content.terms import PLAN_ORDER, Audience, Situation
from tests.make import NOON
from tests.packs import channel, pack, service

EMERGENCY = service("emergency", "emergency", named_situations=[], situations=["self-harm-risk"], audiences=["parent"], max_age=3)
CRISIS = service("crisis", "helpline")


def ask(*services: dict[str, Any], at: datetime = NOON, **query: Any) -> Plan:
    """Resolve for Great Britain with an emergency number and a crisis line beside the given services."""
    return resolve(pack(EMERGENCY, CRISIS, *services), Query(**{"country": "GB", "situation": "blackmail", **query}), at)


def step(plan: Plan, name: str) -> PlanStep:
    return next(s for s in plan.steps if s.step == name)


def offered(plan: Plan, name: str) -> list[str]:
    """Return the step's service and alternatives in order."""
    found = next((s for s in plan.steps if s.step == name), None)
    return [i for i in (found.service, *found.alternatives) if i] if found else []


# The emergency number.


@pytest.mark.parametrize("audience", Audience.values)
@pytest.mark.parametrize("situation", Situation.values)
def test_no_age_audience_or_situation_removes_the_emergency_number(audience: str, situation: str) -> None:
    plan = ask(audience=audience, situation=situation, age=40, languages=("xx",), can_speak=False)

    assert plan.steps[0].step == "danger-now"
    assert plan.steps[0].service == "emergency"


def test_an_emergency_number_of_another_region_or_area_is_not_offered() -> None:
    scots = service("scots", "emergency", regions=["GB-SCT"])
    european = service("european", "emergency", country="ZZ", area=["FR"])

    plan = resolve(pack(scots, european, CRISIS), Query("GB", "blackmail", region="GB-WLS"), NOON)

    assert plan.steps[0].service is None
    assert plan.steps[0].why == ("local-emergency",)


def test_without_an_emergency_number_the_step_stays_and_says_so() -> None:
    plan = resolve(pack(CRISIS), Query("JP", "blackmail"), NOON)

    assert (plan.steps[0].step, plan.steps[0].service, plan.steps[0].why) == ("danger-now", None, ("local-emergency",))


def test_in_a_crisis_the_number_that_names_it_comes_first() -> None:
    police = service("a-police", "emergency", named_situations=["blackmail"])
    ambulance = service("z-ambulance", "emergency", situations=["self-harm-risk"], named_situations=["self-harm-risk"])

    def first(situation: str) -> str | None:
        return resolve(pack(police, ambulance, CRISIS), Query("GB", situation), NOON).steps[0].service

    assert (first("self-harm-risk"), first("blackmail"), first("not-sure")) == ("z-ambulance", "a-police", "a-police")


def test_an_overdue_emergency_number_stays_and_is_marked_stale() -> None:
    overdue = service("overdue", "emergency", assured_until="2026-11-30")

    plan = resolve(pack(overdue, CRISIS), Query("GB", "blackmail"), NOON)

    assert plan.steps[0].service == "overdue"
    assert plan.steps[0].stale


def test_a_check_is_valid_until_the_end_of_its_last_day() -> None:
    last_day = service("last-day", "emergency", assured_until="2026-12-01")

    assert not resolve(pack(last_day, CRISIS), Query("GB", "blackmail"), NOON).steps[0].stale


# Order.


@pytest.mark.parametrize("situation", [*Situation.values, "nobody-knows-this"])
@pytest.mark.parametrize("audience", Audience.values)
def test_each_step_appears_once_in_the_order_of_the_pack(situation: str, audience: str) -> None:
    plan = ask(audience=audience, situation=situation)

    known = situation if situation in Situation.values else "not-sure"
    order = PLAN_ORDER.get(known, PLAN_ORDER["default"])[audience]
    names = [s.step for s in plan.steps]
    assert names == [name for name in order if name in names]


def test_self_harm_risk_gets_the_emergency_number_and_a_talk_only() -> None:
    assert [s.step for s in ask(situation="self-harm-risk").steps] == ["danger-now", "talk"]


@pytest.mark.parametrize("audience", Audience.values)
def test_for_a_hacked_account_the_platform_follows_danger_now(audience: str) -> None:
    assert [s.step for s in ask(situation="hacked-account", audience=audience).steps][:2] == ["danger-now", "tell-the-platform"]


def test_a_teen_talks_before_reporting_and_a_parent_after() -> None:
    police = service("police", "police-report")

    teen = [s.step for s in ask(police, audience="teen").steps]
    parent = [s.step for s in ask(police, audience="parent").steps]

    assert teen.index("talk") < teen.index("report")
    assert parent.index("report") < parent.index("talk")
    assert "talk-first" in step(ask(police, audience="teen"), "talk").why
    assert "talk-first" not in step(ask(police, audience="parent"), "talk").why


# Talking.


def test_talk_prefers_the_helpline_that_names_the_situation() -> None:
    general = service("a-general", "helpline", named_situations=["grooming"])
    special = service("z-special", "helpline", named_situations=["blackmail"])

    assert offered(ask(general, special), "talk").index("z-special") < offered(ask(general, special), "talk").index("a-general")


def test_talk_falls_back_to_any_national_helpline_first() -> None:
    here = service("here", "helpline", situations=["grooming"], named_situations=["grooming", "self-harm-risk"])
    abroad = service("abroad", "helpline", country="ZZ")

    plan = resolve(pack(EMERGENCY, here, abroad), Query("GB", "blackmail"), NOON)

    assert step(plan, "talk").service == "here"
    assert "your-situation" not in step(plan, "talk").why


def test_talk_falls_back_to_worldwide_helplines() -> None:
    abroad = service("abroad", "helpline", country="ZZ")

    plan = resolve(pack(EMERGENCY, abroad), Query("GB", "blackmail"), NOON)

    assert step(plan, "talk").service == "abroad"
    assert "worldwide" in step(plan, "talk").why


def test_a_closed_helpline_follows_an_open_one_and_has_its_opening() -> None:
    shut = service("a-shut", "helpline", channels=[channel(hours="Mo-Fr 17:00-20:00")])

    plan = ask(shut)
    alone = resolve(pack(EMERGENCY, shut), Query("GB", "blackmail"), NOON)

    assert offered(plan, "talk") == ["crisis", "a-shut"]
    assert step(alone, "talk").open is False
    assert step(alone, "talk").opens_at == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


def test_at_night_worldwide_helplines_come_before_closed_national_ones() -> None:
    shut = service("shut", "helpline", channels=[channel(hours="Mo-Fr 09:00-17:00")])
    abroad = service("abroad", "helpline", country="ZZ", channels=[channel("chat", hours=None)])
    night = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)

    by_night = resolve(pack(EMERGENCY, shut, abroad), Query("GB", "blackmail"), night)
    by_day = resolve(pack(EMERGENCY, shut, abroad), Query("GB", "blackmail"), NOON)

    assert offered(by_night, "talk") == ["abroad", "shut"]
    assert offered(by_day, "talk") == ["shut"]


def test_a_directory_follows_every_line_and_is_never_the_crisis_line() -> None:
    directory = service("a-directory", "helpline", country="ZZ", channels=[channel("url", hours="24/7")])
    shut = service("z-shut", "helpline", channels=[channel(hours="Mo-Fr 17:00-20:00")])

    for situation in ("blackmail", "self-harm-risk"):
        plan = resolve(pack(EMERGENCY, directory, shut), Query("GB", situation), NOON)

        assert offered(plan, "talk") == ["z-shut", "a-directory"]
        assert step(plan, "talk").notes == {"a-directory": "directory"}

    alone = resolve(pack(EMERGENCY, directory), Query("GB", "self-harm-risk"), NOON)
    assert "directory" in step(alone, "talk").why
    assert "crisis-line" not in step(alone, "talk").why


@pytest.mark.parametrize(
    ("audience", "code"),
    [("parent", "for-your-child"), ("educator", "for-the-young-person"), ("bystander", "for-the-young-person")],
)
def test_an_adults_plan_holds_the_young_persons_line(audience: str, code: str) -> None:
    own = service("own", "helpline", audiences=["teen"])
    abroad = service("abroad", "helpline", audiences=["teen"], country="ZZ")

    for situation in Situation.values:
        plan = ask(abroad, own, situation=situation, audience=audience)

        assert step(plan, "talk").service == "crisis"
        assert "own" in step(plan, "talk").alternatives
        assert step(plan, "talk").notes == {"own": code}
    assert step(ask(own, audience="teen"), "talk").notes == {}


def test_at_night_a_line_of_unknown_hours_is_not_first() -> None:
    unknown = service("a-unknown", "helpline", channels=[channel(hours=None)], named_situations=["blackmail"])
    always = service("z-always", "helpline", named_situations=["grooming"])
    plans = {
        hour: resolve(pack(EMERGENCY, unknown, always), Query("GB", "blackmail"), datetime(2026, 12, 1, hour, tzinfo=UTC))
        for hour in (7, 8, 21, 22)
    }

    first = {hour: step(plan, "talk").service for hour, plan in plans.items()}
    assert first == {7: "z-always", 8: "a-unknown", 21: "a-unknown", 22: "z-always"}


def test_night_is_that_of_the_country() -> None:
    unknown = service("a-unknown", "helpline", channels=[channel(hours=None)], named_situations=["blackmail"], zone="Asia/Manila")
    always = service("z-always", "helpline", named_situations=["grooming"], zone=None)
    emergency = {**EMERGENCY, "zone": None}

    plan = resolve(pack(emergency, unknown, always), Query("PH", "blackmail"), datetime(2026, 12, 1, 15, tzinfo=UTC))

    assert step(plan, "talk").service == "z-always"


def test_a_line_for_despair_alone_follows_the_others_except_in_a_crisis() -> None:
    despair = service("a-despair", "helpline", named_situations=["self-harm-risk"])
    general = service("z-general", "helpline", named_situations=["self-harm-risk", "grooming"])

    assert offered(resolve(pack(EMERGENCY, despair, general), Query("GB", "blackmail"), NOON), "talk") == [
        "z-general",
        "a-despair",
    ]
    in_crisis = resolve(pack(EMERGENCY, despair, general), Query("GB", "self-harm-risk"), NOON)
    assert offered(in_crisis, "talk") == ["a-despair", "z-general"]


def test_a_crisis_line_is_offered_in_every_situation() -> None:
    listener = service("listener", "helpline", situations=["grooming"], named_situations=["grooming"])
    crisis = service("crisis", "helpline", situations=["self-harm-risk"], named_situations=["self-harm-risk"])

    plan = resolve(pack(EMERGENCY, listener, crisis), Query("GB", "grooming"), NOON)

    assert offered(plan, "talk") == ["listener", "crisis"]


def test_a_parent_gets_the_teens_crisis_line_before_a_worldwide_one() -> None:
    for_parents = service("for-parents", "helpline", named_situations=["blackmail"])
    for_teens = service("for-teens", "helpline", audiences=["teen"], named_situations=["self-harm-risk"])
    abroad = service("abroad", "helpline", country="ZZ")

    plan = resolve(pack(EMERGENCY, for_parents, for_teens, abroad), Query("GB", "self-harm-risk", audience="parent"), NOON)

    assert offered(plan, "talk") == ["for-parents", "for-teens"]


def test_chat_comes_first_for_a_reader_who_cannot_speak() -> None:
    chat = service("z-chat", "helpline", channels=[channel("phone"), channel("chat", hours=None)], named_situations=[])

    assert offered(ask(chat, can_speak=False), "talk") == ["z-chat", "crisis"]
    assert offered(ask(chat, can_speak=True), "talk") == ["crisis", "z-chat"]


def test_only_usable_channels_count_for_a_reader_who_cannot_speak() -> None:
    mixed = service("a-mixed", "helpline", channels=[channel("phone"), channel("chat", hours="Mo-Fr 17:00-20:00")])

    plan = resolve(pack(EMERGENCY, mixed), Query("GB", "blackmail", can_speak=False), NOON)

    assert [c["type"] for c in plan.services["a-mixed"]["channels"]] == ["chat", "phone"]
    assert step(plan, "talk").open is False


def test_a_shared_language_comes_first_and_is_a_reason() -> None:
    welsh = service("z-welsh", "helpline", languages=["cy"], named_situations=[])
    english = service("a-english", "helpline", languages=["en"])

    plan = resolve(pack(EMERGENCY, english, welsh), Query("GB", "blackmail", languages=("cy",)), NOON)

    assert offered(plan, "talk")[0] == "z-welsh"
    assert step(plan, "talk").language_match is True
    assert "your-language" in step(plan, "talk").why


def test_a_language_that_no_service_speaks_still_gets_helplines() -> None:
    plan = ask(service("english", "helpline", languages=["en"]), languages=("xx",))

    assert step(plan, "talk").service == "crisis"
    assert step(plan, "talk").language_match is None


# Regions.


def test_a_regional_service_is_offered_only_in_its_region() -> None:
    welsh = service("welsh-police", "police-report", regions=["GB-WLS"])
    scots = service("scots-police", "police-report", regions=["GB-SCT"])

    assert offered(ask(welsh, scots, region="GB-WLS"), "report") == ["welsh-police"]


def test_without_a_region_regional_services_follow_the_national_one() -> None:
    welsh = service("a-welsh", "police-report", regions=["GB-WLS"])
    scots = service("b-scots", "police-report", regions=["GB-SCT"])
    national = service("z-national", "police-report")

    plan = ask(welsh, scots, national)

    assert offered(plan, "report") == ["z-national", "a-welsh", "b-scots"]
    assert "regional" in step(ask(welsh), "report").why


# Ages: the young person's, and those in the picture.


# Reporting and platforms.


# What cannot be offered, and what is not known.


def test_a_retired_service_and_one_without_channels_are_never_offered() -> None:
    gone = service("gone", "helpline", "police-report")
    empty = service("empty", "helpline", "police-report", channels=[])

    plan = resolve(
        pack(EMERGENCY, CRISIS, gone, empty, retired=[{"id": "gone", "successor": None}]), Query("GB", "blackmail"), NOON
    )

    assert not {"gone", "empty"} & plan.services.keys()


@pytest.mark.parametrize("hours", ["no hours at all", "Mo 25:00-99", "", 'Mo-Fr 09:00-17:00 "by appointment"'])
def test_hours_that_cannot_be_read_are_unknown_and_not_closed(hours: str) -> None:
    odd = service("odd", "helpline", channels=[channel(hours=hours)])

    plan = resolve(pack(EMERGENCY, odd), Query("GB", "blackmail"), datetime(2026, 12, 5, 3, 0, tzinfo=UTC))

    assert step(plan, "talk").open is not True
    assert step(plan, "talk").service == "odd"


@pytest.mark.parametrize("zone", [None, "Mars/Olympus", ""])
def test_hours_without_a_zone_are_unknown(zone: str | None) -> None:
    nowhere = service("nowhere", "helpline", zone=zone, channels=[channel(hours="Mo-Fr 09:00-17:00")])

    assert step(resolve(pack(EMERGENCY, nowhere), Query("GB", "blackmail"), NOON), "talk").open is None


@pytest.mark.parametrize("year", [1970, 1999, 2099, 2150])
def test_any_instant_is_answered(year: int) -> None:
    hours = service("hours", "helpline", channels=[channel(hours="Mo-Su 09:00-17:00")])

    assert resolve(pack(EMERGENCY, hours), Query("GB", "blackmail"), datetime(year, 1, 1, tzinfo=UTC)).steps


def test_public_holidays_of_the_services_country_count() -> None:
    line = service("line", "helpline", channels=[channel(hours="Mo-Fr 09:00-17:00; PH off")])
    boxing_day_observed = datetime(2026, 12, 28, 12, 0, tzinfo=UTC)

    assert step(resolve(pack(EMERGENCY, line), Query("GB", "blackmail"), boxing_day_observed), "talk").open is False


# On the real packs.
