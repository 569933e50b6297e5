"""Whom the plan names for a report and for taking a picture down: by ages, harm, country and platform."""

from __future__ import annotations

from typing import Any

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import Query
from content.terms import Audience
from tests.content.resolver.test_resolver import CRISIS, EMERGENCY, ask, offered, step
from tests.make import NOON
from tests.packs import channel, pack, service

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
