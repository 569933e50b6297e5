"""A step counts in a language once it is approved there: until then the language gets the steps as approved before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings

from content.assurance.record import record_assurance
from content.compiling.compiler import build_packs
from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.compiling.tip_effect import Reader, TipEffect, read_effect
from content.models import Channel, Tip, TipRevision, Unit
from content.models.assurance import Method
from content.terms import Change
from core.models import User
from tests import make
from tests.made_once import made_once
from tests.make import NOON

STRICT = Policy(NOON.date())
DO_NOW = {"do-now.1": "Tell one adult.", "do-now.2": "Block the person.", "do-now.3": "Write down names."}
WELSH = {
    "title": "Arhoswch",
    "short": "Dydych chi ddim ar eich pen eich hun.",
    "do-now.1": "Dywedwch wrth un oedolyn.",
    "do-not.1": "Peidiwch â thalu.",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tip() -> Tip:
    """Make a tip of one step that is approved in English and Welsh."""
    approved_tip()
    return Tip.objects.get()


@made_once
def approved_tip() -> None:
    make.world()
    make.labels(approved=True)
    make.emergency()
    make.service("gb-line")
    assure("gb-line")
    make.tip(approved=True)
    for part, text in WELSH.items():
        make.target(f"tip.first-hour.{part}", "cy", text, approved=True)


def assure(service: str) -> None:
    asta = User.objects.filter(username="asta").first() or make.person("asta", "assurer")
    for channel in Channel.objects.select_related("service").filter(service=service):
        record_assurance(channel, by=asta, at=NOON, method=Method.READ)


def step(number: int, *, approved: bool = True) -> None:
    make.unit(f"tip.first-hour.do-now.{number}", DO_NOW[f"do-now.{number}"], owner="tip:first-hour", approved=approved)


def served(locale: str, country: str = "GB") -> dict[str, Any] | None:
    pack = json.loads(make.build_pack(read_snapshot(STRICT), country, locale))
    return next(iter(pack["tips"]), None)


def steps(locale: str) -> tuple[str, list[str]]:
    found = served(locale)
    assert found is not None
    return found["lang"], found["do_now"]


def findings() -> set[tuple[str, str | None, bool]]:
    built = build_packs(read_snapshot(STRICT)).values()
    return {(f.code, f.locale, f.blocks) for pack in built for f in pack.findings if f.item == "tip.first-hour"}


def effect(**changed: Any) -> TipEffect:
    facts = Tip.objects.get(pk="first-hour").facts() | changed
    with override_settings(SERVE_UNREVIEWED=False, SANDBOX=False):
        return read_effect(TipRevision.objects.prepare("first-hour", facts), at=NOON)


def test_an_added_step_takes_the_tip_from_nobody() -> None:
    step(2, approved=False)
    make.tip_facts("first-hour", do_now=[1, 2])

    assert steps("en") == ("en", ["Tell one adult."])
    assert steps("cy") == ("cy", ["Dywedwch wrth un oedolyn."])
    assert ("older-steps", "cy", False) in findings()

    Unit.objects.get(key="tip.first-hour.do-now.2").approve(by=make.checker(), at=NOON)
    assert steps("en") == ("en", ["Tell one adult.", "Block the person."])
    assert steps("cy") == ("cy", ["Dywedwch wrth un oedolyn."])
    assert steps("ar") == ("en", ["Tell one adult.", "Block the person."])

    make.target("tip.first-hour.do-now.2", "cy", "Rhwystrwch y person.", approved=True)
    assert steps("cy") == ("cy", ["Dywedwch wrth un oedolyn.", "Rhwystrwch y person."])
    assert not findings()


def test_a_draft_of_a_translated_step_does_not_count() -> None:
    step(2)
    make.tip_facts("first-hour", do_now=[1, 2])
    make.target("tip.first-hour.do-now.2", "cy", "Rhwystrwch y person.")

    assert steps("cy") == ("cy", ["Dywedwch wrth un oedolyn."])


def test_a_removed_or_moved_step_changes_every_language_at_once() -> None:
    step(2)
    make.target("tip.first-hour.do-now.2", "cy", "Rhwystrwch y person.", approved=True)
    make.tip_facts("first-hour", do_now=[1, 2])
    make.tip_facts("first-hour", do_now=[2, 1])
    assert steps("cy") == ("cy", ["Rhwystrwch y person.", "Dywedwch wrth un oedolyn."])

    make.tip_facts("first-hour", do_now=[2])
    assert steps("en") == ("en", ["Block the person."])
    assert steps("cy") == ("cy", ["Rhwystrwch y person."])


def test_a_language_without_a_replaced_step_keeps_the_tip_as_last_approved_and_the_effect_says_so() -> None:
    step(2)
    found = effect(do_now=[2])
    make.tip_facts("first-hour", do_now=[2])

    assert steps("en") == ("en", ["Block the person."])
    assert steps("cy") == ("cy", ["Dywedwch wrth un oedolyn."])
    assert (found.older_steps, found.keep_removed, found.to_source) == (("cy",), ("cy",), ())


def test_a_safety_change_withdraws_and_no_older_list_comes_back() -> None:
    step(2)
    make.target("tip.first-hour.do-now.2", "cy", "Rhwystrwch y person.", approved=True)
    make.tip_facts("first-hour", do_now=[2])
    unit = Unit.objects.get(key="tip.first-hour.do-now.2")
    unit.revise(text="Block them in every app.", change=Change.SAFETY, by=User.objects.system(), at=NOON, from_revision=1)
    unit.approve(by=make.checker(), at=NOON)

    welsh = served("cy")

    assert welsh is not None
    assert (welsh["lang"], welsh["do_now"]) == ("en", ["Block them in every app."])
    assert welsh["locale"]["reason"] == "outdated"


def test_a_step_that_names_a_service_of_another_country_takes_the_tip_from_nobody() -> None:
    make.service("fr-line", country="FR")
    make.channel(make.service("zz-line", country="ZZ", channels=0), type="url")
    make.unit("tip.first-hour.do-now.2", "Talk to {service:gb-line}.", owner="tip:first-hour", approved=True)
    make.tip_facts("first-hour", do_now=[1, 2])

    packs = {place: json.loads(built.body) for place, built in build_packs(read_snapshot(STRICT)).items()}

    assert [len(tip["do_now"]) for tip in packs["GB", "en"]["tips"]] == [2]
    assert [len(tip["do_now"]) for tip in packs["FR", "en"]["tips"]] == [1]


def test_a_step_that_was_replaced_does_not_come_back_for_want_of_a_service() -> None:
    make.unit("tip.first-hour.do-now.2", "Talk to {service:gb-line}.", owner="tip:first-hour", approved=True)
    make.tip_facts("first-hour", do_now=[2])

    zz = json.loads(build_packs(read_snapshot(STRICT))["ZZ", "en"].body)

    assert zz["tips"] == []


def test_the_effect_of_each_change_is_what_the_compiler_then_does() -> None:
    make.service("fr-line", country="FR")
    make.tip("second", approved=True, audiences=["parent"])
    step(2, approved=False)
    changes: list[dict[str, Any]] = [
        {"tip_state": "retired"},
        {"countries": ["FR"]},
        {"countries": ["GB", "IE"]},
        {"do_now": [2, 1]},
        {"do_now": []},
        {"tip_state": "current", "countries": [], "do_now": [1, 2]},
    ]
    for changed in changes:
        before = build_packs(read_snapshot(STRICT))
        found = effect(**changed)
        make.tip_facts("first-hour", **changed)
        after = build_packs(read_snapshot(STRICT))

        def holding(packs: Any) -> dict[tuple[str, str], str]:
            found = {place: json.loads(built.body)["tips"] for place, built in packs.items()}
            return {place: tip["lang"] for place, tips in found.items() for tip in tips if tip["slug"] == "first-hour"}

        had, has = holding(before), holding(after)
        assert (found.packs_before, found.packs_after) == (len(had), len(has)), changed
        assert found.removed_from == tuple(sorted(had.keys() - has.keys())), changed
        assert found.added_to == tuple(sorted(has.keys() - had.keys())), changed


def test_the_effect_names_readers_who_are_left_without_a_tip() -> None:
    make.tip("second", approved=True, audiences=["parent"], situations=["blackmail", "grooming"])

    retired = effect(tip_state="retired")
    moved = effect(audiences=["bystander"])

    assert retired.without_tip == moved.without_tip == (Reader("teen", "blackmail", ("GB", "ZZ")),)
    assert effect(audiences=["teen", "parent"]).without_tip == ()


def test_retiring_the_only_tip_of_a_language_leaves_its_packs() -> None:
    found = effect(tip_state="retired")

    assert (found.packs_after, len(found.removed_from)) == (0, found.packs_before)
    assert found.packs_before == 2 * len(read_snapshot(STRICT).directions)


def test_a_first_draft_of_more_takes_the_tip_from_nobody() -> None:
    make.unit("tip.first-hour.more", "Read **on**.", owner="tip:first-hour")
    make.tip_facts("first-hour", more=True)

    assert steps("en") == ("en", ["Tell one adult."])
    assert steps("cy") == ("cy", ["Dywedwch wrth un oedolyn."])


def test_the_effect_follows_services_that_stand_in_for_a_withdrawn_one() -> None:
    make.service("gb-old", status="defunct", successor_id="gb-line")
    make.unit("tip.first-hour.do-now.2", "Talk to {service:gb-old}.", owner="tip:first-hour", approved=True)
    found = effect(do_now=[2])
    make.tip_facts("first-hour", do_now=[2])

    built = {place: json.loads(pack.body)["tips"] for place, pack in build_packs(read_snapshot(STRICT)).items()}

    assert found.packs_after == sum(len(tips) for tips in built.values())
    assert {country for country, _ in found.removed_from} == {"ZZ"}
