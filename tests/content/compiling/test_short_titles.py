"""The short title of a tip: a unit like any other, served where it is approved, and never at the cost of the tip's language."""

from __future__ import annotations

import json
from typing import Any

import pytest

from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.linting.length import Surface, length_faults, refused_length
from content.linting.text import source_faults
from content.models import Unit
from tests import make
from tests.made_once import made_once
from tests.make import NOON

pytestmark = pytest.mark.django_db
KEY = "tip.first-hour.short-title"
STRICT = Policy(NOON.date())
WELSH = {"title": "Arhoswch", "short": "Nid eich bai chi.", "do-now.1": "Dywedwch wrth oedolyn.", "do-not.1": "Peidiwch â thalu."}


@pytest.fixture(autouse=True)
@made_once
def tip() -> None:
    """Make a tip that is approved in English and Welsh, without a short title."""
    make.world()
    make.labels(approved=True)
    make.emergency()
    make.tip(approved=True)
    for part, text in WELSH.items():
        make.target(f"tip.first-hour.{part}", "cy", text, approved=True)


def served(locale: str) -> dict[str, Any]:
    pack = json.loads(make.build_pack(read_snapshot(STRICT), "GB", locale))
    found: dict[str, Any] = next(tip for tip in pack["tips"] if tip["slug"] == "first-hour")
    return found


def test_a_short_title_is_served_once_it_is_approved() -> None:
    before = served("en")
    unit = make.unit(KEY, "Breathe first", owner="tip:first-hour")
    draft = served("en")
    unit.approve(by=make.checker(), at=NOON)

    assert draft == before
    assert "short_title" not in before
    assert served("en") == before | {"short_title": "Breathe first"}


def test_a_language_keeps_the_tip_and_its_title_until_the_short_one_is_approved_there() -> None:
    before = served("cy")
    make.unit(KEY, "Breathe first", owner="tip:first-hour", approved=True)
    untranslated = served("cy")
    make.target(KEY, "cy", "Anadlwch", approved=True)

    assert untranslated == before
    assert before["lang"] == "cy"
    assert served("cy")["short_title"] == "Anadlwch"
    assert "short_title" in served("fr")


def test_a_short_title_withdrawn_by_a_safety_change_leaves_the_title() -> None:
    unit = make.unit(KEY, "Breathe first", owner="tip:first-hour", approved=True)
    make.target(KEY, "cy", "Anadlwch", approved=True)
    unit.refresh_from_db()
    unit.revise(text="Stop first", change="safety", by=make.person("eva", "localisation-editor"), at=NOON, from_revision=1)
    unit.approve(by=make.checker(), at=NOON)

    assert served("en")["short_title"] == "Stop first"
    assert (served("cy")["lang"], served("cy").get("short_title")) == ("cy", None)


def test_a_short_title_like_the_title_is_left_out() -> None:
    make.unit(KEY, "Stop and breathe", owner="tip:first-hour", approved=True)

    assert "short_title" not in served("en")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Sexual extortion: stop", "lock-screen"),
        ("Ask {service:gb-line}", "short-title-token"),
        ("Breathe first, and then tell one adult about it now", "too-long"),
    ],
)
def test_what_a_short_title_must_not_hold(text: str, code: str) -> None:
    unit = Unit(key=KEY, text=text, source_locale_id="en", allowed_numbers=[], number_kinds=[], allowed_hosts=[])
    title = Unit(key="tip.first-hour.title", text=text, source_locale_id="en", allowed_numbers=[], number_kinds=[])

    def refusals(one: Unit) -> set[str]:
        return {fault.code for fault in source_faults(one, known_services=["gb-line"]) if fault.refuses}

    assert code in refusals(unit)
    assert code not in refusals(title)


def test_a_short_title_has_one_limit_in_every_language() -> None:
    def strengths(length: int, locale: str) -> list[str]:
        return [fault.strength for fault in length_faults("a" * length, Surface.SHORT_TITLE, locale)]

    for locale in ("en", "cy", "de"):
        assert [strengths(30, locale), strengths(31, locale), strengths(51, locale)] == [[], ["warn"], ["refuse"]]
        # What translation files name as the limit.
        assert refused_length(KEY, locale) == 50
