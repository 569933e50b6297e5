"""The rules of the resolver, each on the smallest pack that shows it, and on real packs where the services matter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import Plan, PlanStep, Query
from content.terms import PLAN_ORDER, Audience, Situation
from tests.make import NOON
from tests.packs import Packs, channel, pack, service

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

UNDER_18_IN_IMAGE = service("under-image", "image-removal", country="ZZ", max_age=17, age_measured="image-taken")
ADULT_IN_IMAGE = service("adult-image", "image-removal", country="ZZ", min_age=18, age_measured="image-taken")
UNDER_18_NOW = service("under-now", "image-removal", max_age=17, age_measured="now")
ADULT_NOW = service("adult-now", "helpline", "image-removal", min_age=18, age_measured="now")


@pytest.mark.parametrize(
    ("ages", "tools"),
    [
        ({}, ["under-now", "under-image"]),
        ({"age": 17}, ["under-now", "under-image"]),
        ({"age": 17, "age_in_image": 16}, ["under-now", "under-image"]),
        ({"age_in_image": 16}, ["under-now", "under-image"]),
        ({"age": 19, "age_in_image": 16}, ["under-image", "adult-now"]),
        ({"age": 19, "age_in_image": 18}, ["adult-image", "adult-now"]),
        ({"age": 19}, ["under-image", "adult-image", "adult-now"]),
        # The age in the image alone admits tools that measure it, and none that measure the age now.
        ({"age_in_image": 18}, ["under-now", "adult-image"]),
        ({"age": 18, "age_in_image": 17}, ["under-image", "adult-now"]),
    ],
)
def test_each_removal_tool_goes_by_the_age_that_it_measures(ages: dict[str, Any], tools: list[str]) -> None:
    plan = ask(UNDER_18_IN_IMAGE, ADULT_IN_IMAGE, UNDER_18_NOW, ADULT_NOW, **ages)

    assert sorted(offered(plan, "take-down")) == sorted(tools)


def test_without_an_age_in_the_image_an_adult_gets_both_tools() -> None:
    plan = ask(UNDER_18_IN_IMAGE, ADULT_IN_IMAGE, age=19)

    assert offered(plan, "take-down") == ["under-image", "adult-image"]
    assert step(plan, "take-down").conditions == {"under-image": "under-18-in-image", "adult-image": "adult-in-image"}


def test_a_given_age_leaves_no_condition() -> None:
    assert step(ask(UNDER_18_IN_IMAGE, age=19, age_in_image=16), "take-down").conditions == {}
    assert step(ask(UNDER_18_IN_IMAGE, age=16), "take-down").conditions == {}


def test_a_missing_age_becomes_a_condition() -> None:
    assert step(ask(UNDER_18_NOW), "take-down").conditions == {"under-now": "under-18-now"}


def test_the_reason_for_an_age_is_true_of_the_age_given() -> None:
    until_18 = service("until-18", "helpline", max_age=18, age_measured="now")

    at_17 = resolve(pack(EMERGENCY, until_18), Query("GB", "blackmail", age=17), NOON)
    at_18 = resolve(pack(EMERGENCY, until_18), Query("GB", "blackmail", age=18), NOON)

    assert "under-18-now" in step(at_17, "talk").why
    assert step(at_18, "talk").service == "until-18"
    assert "under-18-now" not in step(at_18, "talk").why


def test_for_a_parent_the_age_of_the_child_counts() -> None:
    plan = ask(UNDER_18_NOW, ADULT_NOW, audience="parent")

    assert offered(plan, "take-down") == ["under-now"]


# Reporting and platforms.


@pytest.mark.parametrize(
    "situation", ["blackmail", "image-shared", "ai-generated-image", "grooming", "live-abuse", "offline-abuse"]
)
def test_a_service_that_takes_everything_takes_no_report_of_a_child_who_was_harmed(situation: str) -> None:
    fraud_report = service("fraud-desk", "police-report", named_situations=["hacked-account"])

    for audience in Audience.values:
        report = step(ask(fraud_report, situation=situation, audience=audience, age=15), "report")

        assert (report.service, report.alternatives, report.why) == (None, (), ("nearest-police",))
    assert step(ask(fraud_report, situation="hacked-account"), "report").service == "fraud-desk"


@pytest.mark.parametrize(("age", "reason"), [(None, "nearest-police"), (17, "nearest-police"), (18, "nearest-police-adult")])
def test_a_report_step_without_a_service_says_where_to_go(age: int | None, reason: str) -> None:
    assert step(ask(age=age), "report").why == (reason,)
    assert step(ask(age=age), "report").service is None


def test_a_finder_of_hotlines_is_only_an_alternative_for_a_child_who_was_harmed() -> None:
    finder = service("finder", "hotline-csam-report", country="ZZ")

    report = step(ask(finder, situation="live-abuse"), "report")

    assert (report.service, report.alternatives) == (None, ("finder",))
    assert step(ask(finder, situation="csam-seen"), "report").service == "finder"


def test_a_private_chat_is_reported_to_the_police_alone() -> None:
    police = service("police", "police-report", named_situations=["image-shared"], situations=["image-shared"])
    hotline = service("hotline", "hotline-csam-report")

    private = step(ask(police, hotline, situation="csam-seen", where="private"), "report")
    public = step(ask(police, hotline, situation="csam-seen", where="public"), "report")

    assert (private.service, private.alternatives, private.why[-1]) == ("police", (), "private-chat")
    assert (public.service, "private-chat" in public.why) == ("hotline", False)
    without = step(ask(hotline, situation="csam-seen", where="private"), "report")
    assert without.why == ("nearest-police", "private-chat")


def test_a_body_that_can_order_a_removal_comes_before_the_tools() -> None:
    tool = service("a-tool", "image-removal", country="ZZ", max_age=17, age_measured="image-taken")
    regulator = service("z-regulator", "image-removal", "advice", removal_power="order")
    flagger = service("y-flagger", "image-removal", "helpline", removal_power="request")

    take_down = step(ask(tool, regulator, age=15), "take-down")

    assert (take_down.service, take_down.alternatives) == ("z-regulator", ("a-tool",))
    assert "orders-removal" in take_down.why
    assert "orders-removal" not in step(ask(tool, flagger, age=15), "take-down").why


def test_a_form_for_something_else_is_only_an_alternative() -> None:
    form = service("platform-chatter", "platform-report", country="ZZ", situations=["blackmail"], named_situations=["blackmail"])

    plan = ask(form, situation="live-abuse", site="chatter")

    assert step(plan, "tell-the-platform").service is None
    assert step(plan, "tell-the-platform").why == ("platform", "no-address")
    assert step(plan, "tell-the-platform").alternatives == ("platform-chatter",)


def test_only_the_channels_for_the_situation_are_offered() -> None:
    channels = [channel("url", situations=["blackmail"]), channel("app", situations=["grooming"]), channel("url")]
    form = service("platform-chatter", "platform-report", country="ZZ", channels=channels)

    plan = ask(form, situation="blackmail", site="chatter")

    assert plan.services["platform-chatter"]["channels"] == [channels[0], channels[2]]


def test_a_retired_site_is_answered_by_its_successor() -> None:
    new = service("platform-newchat", "platform-report", country="ZZ")
    retired = [{"id": "platform-oldchat", "successor": "platform-newchat"}]

    plan = resolve(pack(EMERGENCY, CRISIS, new, retired=retired), Query("GB", "blackmail", site="oldchat"), NOON)

    assert step(plan, "tell-the-platform").service == "platform-newchat"


def test_csam_seen_goes_to_the_hotline_first() -> None:
    police = service("a-police", "police-report")
    hotline = service("z-hotline", "hotline-csam-report")

    assert offered(ask(police, hotline, situation="csam-seen"), "report") == ["z-hotline", "a-police"]
    assert offered(ask(police, hotline, situation="grooming"), "report") == ["a-police", "z-hotline"]


def test_a_worldwide_hotline_is_offered_only_without_a_national_one() -> None:
    abroad = service("abroad", "hotline-csam-report", country="ZZ")
    here = service("here", "hotline-csam-report")

    assert offered(ask(abroad, here, situation="csam-seen"), "report") == ["here"]
    assert offered(ask(abroad, situation="csam-seen"), "report") == ["abroad"]


def test_only_the_platform_where_it_happened_is_named() -> None:
    there, other = (service(f"platform-{name}", "platform-report", country="ZZ") for name in ("snapchat", "tiktok"))

    plan = ask(there, other, site="snapchat")

    assert offered(plan, "tell-the-platform") == ["platform-snapchat"]


def test_an_unknown_site_keeps_the_step_to_tell_the_platform() -> None:
    plan = ask(service("platform-tiktok", "platform-report", country="ZZ"), site="somewhere-new")

    assert step(plan, "tell-the-platform").service is None
    assert step(plan, "tell-the-platform").alternatives == ()
    assert step(plan, "tell-the-platform").why == ("platform", "no-address")


def test_without_a_site_all_platforms_are_alternatives() -> None:
    names = [f"platform-{name}" for name in ("discord", "roblox")]

    plan = ask(*(service(name, "platform-report", country="ZZ") for name in names))

    assert (step(plan, "tell-the-platform").service, offered(plan, "tell-the-platform")) == (None, names)


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


def test_a_plan_has_the_tips_for_the_reader_and_situation_in_order() -> None:
    def tip(slug: str, order: int, **changed: Any) -> dict[str, Any]:
        return {"slug": slug, "kind": "tip", "situations": ["blackmail"], "audiences": ["teen"], "order": order, **changed}

    tips = [
        tip("second", 20),
        tip("first", 10),
        tip("for-parents", 1, audiences=["parent"]),
        tip("for-others", 1, situations=["grooming"]),
        tip("a-notice", 1, kind="notice"),
    ]

    assert resolve(pack(EMERGENCY, CRISIS, tips=tips), Query("GB", "blackmail"), NOON).tips == ("first", "second")


def test_at_most_five_tips_come_first_in_the_order_for_the_situation() -> None:
    def tip(slug: str, order: int, **changed: Any) -> dict[str, Any]:
        return {"slug": slug, "kind": "tip", "situations": ["blackmail"], "audiences": ["teen"], "order": order, **changed}

    tips = [tip(f"tip-{number}", number) for number in range(6)] + [tip("here-first", 90, order_in={"blackmail": 0})]

    plan = resolve(pack(EMERGENCY, CRISIS, tips=tips), Query("GB", "blackmail"), NOON)

    assert plan.tips == ("here-first", "tip-0", "tip-1", "tip-2", "tip-3")
    assert plan.more_tips == ("tip-4", "tip-5")


@pytest.mark.parametrize(
    ("rule", "ages", "shown"),
    [
        ({"min_age": 18, "age_measured": "now"}, {}, False),
        ({"min_age": 18, "age_measured": "now"}, {"age": 18}, True),
        ({"max_age": 17, "age_measured": "now"}, {}, True),
        ({"max_age": 17, "age_measured": "now"}, {"age": 17}, True),
        ({"max_age": 17, "age_measured": "now"}, {"age": 18}, False),
        ({"max_age": 12, "age_measured": "now"}, {}, False),
        ({"max_age": 17, "age_measured": "image-taken"}, {"age": 19}, True),
        ({"max_age": 17, "age_measured": "image-taken"}, {"age": 19, "age_in_image": 18}, False),
        ({"max_age": 17, "age_measured": "now"}, {"audience": "survivor"}, False),
        ({"min_age": 18, "age_measured": "now"}, {"audience": "survivor"}, True),
    ],
)
def test_a_tip_is_for_the_ages_that_it_says(rule: dict[str, Any], ages: dict[str, Any], shown: bool) -> None:
    tip = {"slug": "aged", "kind": "tip", "situations": ["blackmail"], "audiences": Audience.values, "order": 1, **rule}

    plan = resolve(pack(EMERGENCY, CRISIS, tips=[tip]), Query(**{"country": "GB", "situation": "blackmail", **ages}), NOON)

    assert plan.tips == (("aged",) if shown else ())


def test_an_everyday_word_is_the_situation_that_it_means() -> None:
    one = resolve(pack(EMERGENCY, CRISIS, aliases={"sextortion": "blackmail"}), Query("GB", "sextortion"), NOON)
    other = resolve(pack(EMERGENCY, CRISIS), Query("GB", "blackmail"), NOON)

    assert one.steps == other.steps


@pytest.mark.parametrize(("spoken", "requested"), [("fil", "tl"), ("tl", "fil"), ("he", "iw-IL"), ("nb", "no")])
def test_a_deprecated_language_tag_is_the_language_that_replaced_it(spoken: str, requested: str) -> None:
    line = service("line", "helpline", languages=[spoken])

    assert (
        step(resolve(pack(EMERGENCY, line), Query("GB", "blackmail", languages=(requested,)), NOON), "talk").language_match
        is True
    )


# On the real packs.


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"country": "GB", "age": 15, "region": "GB-WLS", "site": "snapchat", "languages": ("cy", "en")},
            {
                "danger-now": "gb-emergency-999",
                "talk": "gb-childline",
                "report": "gb-ceop-safety-centre",
                "take-down": "gb-report-remove",
                "tell-the-platform": "platform-snapchat",
            },
        ),
        (
            {"country": "GB", "age": 15, "audience": "parent"},
            {"report": "gb-ceop-safety-centre", "take-down": "gb-report-remove", "talk": "gb-nspcc-helpline"},
        ),
        ({"country": "GB", "age": 19, "age_in_image": 16}, {"report": "gb-police-101", "take-down": "zz-take-it-down"}),
        ({"country": "US", "age": 16}, {"report": "us-ncmec-cybertipline", "take-down": "zz-take-it-down"}),
        ({"country": "FR"}, {"take-down": "fr-3018", "report": "fr-17cyber"}),
        ({"country": "IN"}, {"talk": "in-child-helpline-1098", "report": "in-cybercrime-portal"}),
        ({"country": "GB", "situation": "csam-seen", "audience": "bystander"}, {"report": "gb-iwf-report"}),
        ({"country": "GB", "situation": "hacked-account", "audience": "parent"}, {"report": "gb-police-101"}),
        ({"country": "US", "situation": "self-harm-risk", "audience": "parent"}, {"talk": "us-988-lifeline"}),
    ],
)
def test_real_packs_lead_to_the_right_services(real_packs: Packs, fields: dict[str, Any], expected: dict[str, str]) -> None:
    query = Query(**{"situation": "blackmail", **fields})

    plan = resolve(real_packs[query.country, "en"], query, NOON)

    assert {s.step: s.service for s in plan.steps if s.step in expected} == expected


@pytest.mark.django_db
def test_112_is_offered_only_in_the_european_union(real_packs: Packs) -> None:
    worldwide = real_packs["ZZ", "en"]

    assert resolve(worldwide, Query("PT", "blackmail"), NOON).steps[0].service == "zz-eu-112"
    # It works in some countries, so nobody is told that it can be used from any.
    assert "national" in resolve(worldwide, Query("PT", "blackmail"), NOON).steps[0].why
    assert resolve(worldwide, Query("JP", "blackmail"), NOON).steps[0].service is None


@pytest.mark.django_db
def test_116_111_is_not_offered_until_its_area_is_entered(real_packs: Packs) -> None:
    for country in ("PT", "DE", "JP"):
        pack_of = real_packs["DE" if country == "DE" else "ZZ", "en"]
        for situation in Situation.values:
            assert "zz-eu-116111" not in resolve(pack_of, Query(country, situation), NOON).services
