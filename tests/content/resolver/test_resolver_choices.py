"""What the reader tells of language, voice and age decides what comes first, and never leads to a dead end."""

from __future__ import annotations

from typing import Any

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import Plan, Query
from tests.content.resolver.test_resolver import CRISIS, EMERGENCY, ask, offered, step
from tests.make import NOON
from tests.packs import Packs, channel, pack, service

FORM = channel("url", hours=None)


def test_who_cannot_speak_is_given_forms_before_numbers_to_call() -> None:
    police = service("a-police", "police-report")
    form = service("z-form", "police-report", channels=[FORM], named_situations=[])

    plan = ask(police, form, can_speak=False)

    assert offered(plan, "report") == ["z-form", "a-police"]
    assert "without-voice" in step(plan, "report").why
    assert offered(ask(police, form), "report") == ["a-police", "z-form"]


def test_who_cannot_speak_is_given_a_removal_form_before_a_number() -> None:
    line = service("a-line", "image-removal")
    form = service("z-form", "image-removal", channels=[FORM])

    assert offered(ask(line, form, can_speak=False), "take-down") == ["z-form", "a-line"]


def test_a_number_that_needs_a_voice_is_never_said_to_need_none() -> None:
    plan = ask(can_speak=False)

    assert all("without-voice" not in s.why for s in plan.steps)
    assert plan.steps[0].service == "emergency"


def test_that_they_answer_in_another_language_is_said_of_every_step() -> None:
    police = service("police", "police-report", languages=["en"])
    plan = resolve(
        pack({**EMERGENCY, "languages": ["en"]}, {**CRISIS, "languages": ["en"]}, police),
        Query("GB", "blackmail", languages=("ur",)),
        NOON,
    )

    for name in ("danger-now", "talk", "report"):
        assert "other-language" in step(plan, name).why
        assert step(plan, name).language_match is False


def test_nothing_is_said_of_a_language_that_nobody_knows() -> None:
    plan = ask(languages=("ur",))

    assert all(not {"other-language", "your-language"} & set(s.why) for s in plan.steps)


def test_without_any_helpline_an_adult_is_named_outside_the_home_if_need_be() -> None:
    plan = resolve(pack(EMERGENCY), Query("GB", "blackmail"), NOON)

    assert (step(plan, "talk").service, step(plan, "talk").why) == (None, ("trusted-adult", "if-at-home-unsafe"))


def test_hotlines_of_the_world_follow_where_nobody_here_takes_material_that_was_seen() -> None:
    police = service("police", "police-report")
    inhope = service("inhope", "hotline-csam-report", country="ZZ")
    hotline = service("hotline", "hotline-csam-report")

    assert offered(ask(police, inhope, situation="csam-seen"), "report") == ["inhope", "police"]
    assert offered(ask(police, inhope, hotline, situation="csam-seen"), "report") == ["hotline", "police"]
    assert offered(ask(police, inhope, situation="blackmail"), "report") == ["police"]


# A pair whose ages the reader alone can judge.

CHILDS = service("childs", "image-removal", country="ZZ", max_age=17, age_measured="image-taken")
ADULTS = service("adults", "image-removal", country="ZZ", min_age=18, age_measured="image-taken")
OTHER = service("other", "image-removal")


def removal(*tools: dict[str, Any], **told: Any) -> list[str]:
    return offered(ask(*tools, **told), "take-down")


def test_a_pair_is_shown_whole_or_not_at_all() -> None:
    assert removal(CHILDS, ADULTS, OTHER, age=30) == ["childs", "adults", "other"]
    assert removal(ADULTS, OTHER, age=30) == ["other"]
    assert removal(CHILDS, OTHER, age=30) == ["other"]


def test_an_age_that_was_told_makes_no_pair_of_them() -> None:
    assert removal(ADULTS, age=30, age_in_image=20) == ["adults"]
    assert removal(CHILDS, age=30, age_in_image=16) == ["childs"]
    assert removal(CHILDS, age=15) == ["childs"]
    assert removal(CHILDS) == ["childs"]


def test_a_platforms_own_form_is_no_counterpart_of_a_tool_for_all_of_them() -> None:
    search = service("search", "image-removal", "platform-report", country="ZZ", max_age=17, age_measured="image-taken")

    assert removal(ADULTS, search, OTHER, age=30) == ["other", "search"]


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["GB", "IN", "ZZ"])
def test_real_pairs_are_whole_for_an_adult_whose_picture_has_no_age(real_packs: Packs, country: str) -> None:
    plan: Plan = resolve(real_packs[country, "en"], Query(country, "image-shared", age=30, audience="parent"), NOON)

    found = set(offered(plan, "take-down"))
    assert ("zz-take-it-down" in found) == ("zz-stopncii" in found)
