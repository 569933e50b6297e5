"""What a proposed change of a service does to packs and plans, as its approver reads it before deciding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from content.compiling.service_effect import PlanReaders, ServiceEffect, read_service_effect
from content.console.service_change import effect_lines
from content.models import Locale, Service, ServiceRevision
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def content() -> Iterator[None]:
    make.small_content()
    with override_settings(SERVE_UNREVIEWED=True, SANDBOX=True):
        yield


def effect_of(service: str, **facts: Any) -> ServiceEffect:
    return read_service_effect(ServiceRevision.objects.prepare(Service.objects.get(pk=service), facts), at=NOON)


def sentences(effect: ServiceEffect) -> str:
    return "\n".join(line.text for line in effect_lines(effect))


def test_a_closed_crisis_line_holds_the_pack_back() -> None:
    effect = effect_of("gb-line", status="defunct")

    locales = Locale.objects.count()
    assert (effect.packs_before, effect.packs_after, effect.removed_from) == (locales, 0, ("GB",))
    assert {finding.code for finding in effect.blocks} == {"no-crisis-line"}
    assert "United Kingdom: the pack is held back. No crisis line can be served here." in sentences(effect)


def test_plans_that_lose_the_service_of_a_step_are_counted() -> None:
    make.service("gb-police", roles=["police-report"], situations=["blackmail"], general=False)

    effect = effect_of("gb-police", status="defunct")

    assert {(step.step, step.situation, step.country) for step in effect.steps_lost} == {("report", "blackmail", "GB")}
    assert f"{len(effect.steps_lost)} of the {effect.plans_compared} plans compared lose the service" in sentences(effect)
    assert effect.blocks == ()


def test_an_emergency_number_of_one_region_alone_leaves_another_without_it() -> None:
    effect = effect_of("gb-emergency", regions=["GB-SCT"])

    lost = [step for step in effect.steps_lost if step.step == "danger-now"]
    assert effect.blocks == ()
    assert {step.region for step in lost} - {"GB-SCT"}
    assert "GB-SCT" not in {step.region for step in lost}
    assert "lose the service in their step “Danger now”" in sentences(effect)


def test_an_adult_tool_that_loses_its_age_is_named_to_children() -> None:
    make.service("gb-adults", roles=["image-removal"], situations=["image-shared"], general=False, min_age=18, age_measured="now")

    effect = effect_of("gb-adults", min_age=None)

    assert {reader.age for reader in effect.readers_new} >= {13, 15, 17}
    assert PlanReaders("teen", 13) in effect.readers_new
    assert "Plans newly name the service to" in sentences(effect)


def test_a_tip_that_names_the_service_goes_with_it() -> None:
    make.service("gb-other")
    make.tip("call-them", texts={"short": "Call {service:gb-other}."}, situations=["grooming"])

    effect = effect_of("gb-other", status="defunct")

    assert effect.tips_removed == {"call-them": ("GB",)}
    assert "The tip “Stop and breathe” leaves the packs for the United Kingdom." in sentences(effect)


def test_a_service_that_waits_comes_into_packs() -> None:
    facts = Service.objects.get(pk="gb-line").facts() | {"name": "A new line"}
    new = Service.objects.create(id="gb-new", **facts)
    make.channel(new, dial="0808 800 5002", address="+448088005002")

    effect = effect_of("gb-new")

    assert effect.packs_before == 0
    assert effect.added_to == ("GB",)
    assert "The service comes into" in sentences(effect)


def test_a_change_of_words_alone_takes_nothing_away() -> None:
    effect = effect_of("gb-line", name="Another name")

    assert (effect.removed_from, effect.added_to, effect.blocks, effect.steps_lost) == ((), (), (), ())
    assert effect.packs_before == effect.packs_after > 0
