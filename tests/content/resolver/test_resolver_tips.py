"""Which tips a plan has, and everyday words and language tags in a query."""

from __future__ import annotations

from typing import Any

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import Query
from content.terms import Audience
from tests.content.resolver.test_resolver import CRISIS, EMERGENCY, step
from tests.make import NOON
from tests.packs import pack, service


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
