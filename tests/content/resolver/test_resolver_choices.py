"""Language, voice and age decide which service comes first, and never leave a reader without one."""

from __future__ import annotations

from typing import Any

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import Plan, Query
from tests.content.resolver.test_resolver import CRISIS, EMERGENCY, ask, offered, step
from tests.make import NOON
from tests.packs import Packs, channel, pack, service

FORM = channel("url", hours=None)


def test_forms_precede_calls_for_a_reader_who_cannot_speak() -> None:
    police = service("a-police", "police-report")
    form = service("z-form", "police-report", channels=[FORM])

    plan = ask(police, form, can_speak=False)

    assert offered(plan, "report") == ["z-form", "a-police"]
    assert "without-voice" in step(plan, "report").why
    assert offered(ask(police, form), "report") == ["a-police", "z-form"]


def test_removal_forms_precede_calls_for_a_reader_who_cannot_speak() -> None:
    line = service("a-line", "image-removal")
    form = service("z-form", "image-removal", channels=[FORM])

    assert offered(ask(line, form, can_speak=False), "take-down") == ["z-form", "a-line"]


def test_a_voice_number_never_has_the_reason_without_voice() -> None:
    plan = ask(can_speak=False)

    assert all("without-voice" not in s.why for s in plan.steps)
    assert plan.steps[0].service == "emergency"


def test_every_step_says_that_no_language_is_shared() -> None:
    police = service("police", "police-report", languages=["en"])
    plan = resolve(
        pack({**EMERGENCY, "languages": ["en"]}, {**CRISIS, "languages": ["en"]}, police),
        Query("GB", "blackmail", languages=("ur",)),
        NOON,
    )

    for name in ("danger-now", "talk", "report"):
        assert "other-language" in step(plan, name).why
        assert step(plan, name).language_match is False


def test_unknown_languages_give_no_reason() -> None:
    plan = ask(languages=("ur",))

    assert all(not {"other-language", "your-language"} & set(s.why) for s in plan.steps)


def test_without_a_helpline_the_step_names_a_trusted_adult() -> None:
    plan = resolve(pack(EMERGENCY), Query("GB", "blackmail"), NOON)

    assert (step(plan, "talk").service, step(plan, "talk").why) == (None, ("trusted-adult", "if-at-home-unsafe"))


def test_worldwide_hotlines_are_added_where_there_is_no_national_one() -> None:
    police = service("police", "police-report")
    inhope = service("inhope", "hotline-csam-report", country="ZZ")
    hotline = service("hotline", "hotline-csam-report")

    assert offered(ask(police, inhope, situation="csam-seen"), "report") == ["police", "inhope"]
    assert offered(ask(police, inhope, hotline, situation="csam-seen"), "report") == ["hotline", "police"]
    assert offered(ask(police, inhope, situation="blackmail"), "report") == ["police"]


# A pair of tools between which only the reader can decide.

FOR_MINORS = service("minors", "image-removal", country="ZZ", max_age=17, age_measured="image-taken")
FOR_ADULTS = service("adults", "image-removal", country="ZZ", min_age=18, age_measured="image-taken")
OTHER = service("other", "image-removal")


def removal(*tools: dict[str, Any], **query: Any) -> list[str]:
    return offered(ask(*tools, **query), "take-down")


def test_tools_in_a_pair_are_offered_together_or_not_at_all() -> None:
    assert removal(FOR_MINORS, FOR_ADULTS, OTHER, age=30) == ["minors", "adults", "other"]
    assert removal(FOR_ADULTS, OTHER, age=30) == ["other"]
    assert removal(FOR_MINORS, OTHER, age=30) == ["other"]


def test_a_given_age_decides_between_the_tools_of_a_pair() -> None:
    assert removal(FOR_ADULTS, age=30, age_in_image=20) == ["adults"]
    assert removal(FOR_MINORS, age=30, age_in_image=16) == ["minors"]
    assert removal(FOR_MINORS, age=15) == ["minors"]
    assert removal(FOR_MINORS) == ["minors"]


def test_a_platforms_form_is_no_counterpart_of_a_general_tool() -> None:
    search = service("search", "image-removal", "platform-report", country="ZZ", max_age=17, age_measured="image-taken")

    assert removal(FOR_ADULTS, search, OTHER, age=30) == ["other", "search"]


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["GB", "IN", "ZZ"])
def test_real_pairs_are_complete_for_an_adult_without_image_age(real_packs: Packs, country: str) -> None:
    plan: Plan = resolve(real_packs[country, "en"], Query(country, "image-shared", age=30, audience="parent"), NOON)

    found = set(offered(plan, "take-down"))
    assert ("zz-take-it-down" in found) == ("zz-stopncii" in found)
