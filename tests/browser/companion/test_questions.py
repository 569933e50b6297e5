"""The companion asks for age and region beside a plan, and only where an answer changes that plan."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import faults_of, looks
from tests.browser.companion.window import PLACES, as_phone, enter, plan_of, show_only, visit_again
from tests.browser.companion_site import CompanionSite
from tests.packs import Packs

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

#: Under thirteen; Great Britain has a service from eleven on.
CHILD = "\u206611–12\u2069"


def test_an_age_and_a_nation_change_the_plan_and_stay_on_the_device(
    visit: Callable[..., Page], site: CompanionSite, picture: Callable[[Page, str], None]
) -> None:
    page = visit()
    enter(page)
    plan_of(page)
    assert page.get_by_text("Read this with someone").count() == 0
    assert page.locator("section h2").nth(0).inner_text() == "In danger right now"
    assert page.locator("main > section").nth(2).get_attribute("class") == "questions"

    page.get_by_label("How old are you?").focus()
    page.get_by_label("How old are you?").select_option(label=CHILD)
    expect(page.get_by_label("How old are you?")).to_be_focused()
    expect(page.locator("details.tip").first.locator("h3")).to_have_text("Read this with someone")
    scottish = page.locator("section[aria-labelledby=step-report]").get_by_text("Scotland")
    assert scottish.count() > 0
    page.get_by_label("Which part of the country are you in?").select_option("GB-WLS")
    expect(scottish).to_have_count(0)
    expect(page.locator("section[aria-labelledby=step-talk]").get_by_text("Meic").first).to_be_attached()
    faults = [fault for scheme, width in looks(page, widths=(320,)) for fault in faults_of(page, "questions", scheme, width)]
    as_phone(page)
    show_only(page, "fits", "tips")
    picture(page, "companion-questions")

    page.reload()
    plan_of(page)
    expect(page.get_by_label("How old are you?").locator("option:checked")).to_have_text(CHILD)
    expect(page.get_by_label("Which part of the country are you in?")).to_have_value("GB-WLS")
    assert not [path for path in site.requests if "WLS" in path or "age" in path]
    assert faults == []


def test_the_age_of_a_young_person_is_not_taken_for_that_of_a_child(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page)
    plan_of(page)
    page.get_by_label("How old are you?").select_option(label=CHILD)
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Change country, language or who you are").click()
    page.get_by_role("button", name="Parent or carer").click()
    plan_of(page)

    expect(page.get_by_label("How old is the young person?").locator("option:checked")).to_have_text("I do not want to say")


def test_an_answer_means_the_same_beside_every_plan(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page)
    plan_of(page, "Something else, or not sure")
    ages = page.get_by_label("How old are you?")
    offered = ages.locator("option").all_inner_texts()
    ages.select_option("18")
    answer = ages.locator("option:checked").inner_text()
    assert answer.strip("\u2066\u2069").startswith("18")
    page.get_by_role("button", name="Back").click()
    plan_of(page)

    assert ages.locator("option").all_inner_texts() == offered
    expect(ages.locator("option:checked")).to_have_text(answer)
    take_down = page.locator("section[aria-labelledby=step-take-down]")
    expect(take_down.get_by_text("StopNCII.org").first).to_be_attached()
    assert take_down.get_by_text("Report Remove").count() == 0


def test_an_answer_that_a_new_rule_divides_is_asked_for_again(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs
) -> None:
    page = visit()
    enter(page)
    plan_of(page)
    ages = page.get_by_label("How old are you?")
    ages.select_option("13")
    expect(ages.locator("option:checked")).to_have_text("\u206613–17\u2069")
    pack = copy.deepcopy(real_packs["GB", "en"])
    pack["tips"][0].update(min_age=16)
    site.publish({**real_packs, ("GB", "en"): pack}, PLACES, release=8)
    page.reload()
    expect(page.locator("main [role=status]")).to_be_attached()
    plan_of(page)

    expect(ages.locator("option", has_text="16–17")).to_be_attached()
    expect(ages.locator("option:checked")).to_have_text("I do not want to say")


def test_nothing_is_asked_whose_answer_would_change_nothing(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs
) -> None:
    pack = copy.deepcopy(real_packs["GB", "en"])
    for rule in [*(service["eligibility"] for service in pack["services"]), *pack["tips"]]:
        rule.update(min_age=None, max_age=None)
    for service in pack["services"]:
        service.update(regions=[], region_names=[])
    page = visit_again(visit, site, {**real_packs, ("GB", "en"): pack})
    enter(page)
    plan_of(page)

    assert page.locator("section.questions").count() == 0


def test_a_reader_in_no_region_on_offer_can_say_so(visit: Callable[..., Page], site: CompanionSite, real_packs: Packs) -> None:
    """Colombia has a line for two departments. The four nations are all of Great Britain, so it has no other part."""
    page = visit()
    site.publish(real_packs, (*PLACES, ("CO", "en"), ("CO", "hi")))
    enter(page)
    plan_of(page)
    region = page.get_by_label("Which part of the country are you in?")
    assert region.locator("option").count() == 5
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Change country, language or who you are").click()
    enter(page, country="CO")
    plan_of(page, "It feels as if there is no way out")
    expect(region.locator("option")).to_have_count(4)
    expect(region.locator("option").last).to_have_text("Another part of the country")
    local = page.locator("article", has_text="Valle del Cauca")
    assert local.count() > 0

    region.select_option("elsewhere")

    expect(local).to_have_count(0)
    assert page.get_by_role("link", name="123").first.is_visible()
    page.reload()
    plan_of(page, "It feels as if there is no way out")
    expect(region).to_have_value("elsewhere")
    assert not [path for path in site.requests if "elsewhere" in path]


def test_a_survivor_is_not_asked_for_an_age(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page, who="Adult, about something from childhood")
    plan_of(page)

    expect(page.get_by_label("Which part of the country are you in?")).to_be_visible()
    assert page.locator("#age").count() == 0


def test_an_answer_closes_nothing_that_was_open_and_opens_nothing_that_was_closed(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page)
    plan_of(page)
    talk = page.locator("section[aria-labelledby=step-talk] > details")
    platforms = page.locator("section[aria-labelledby=step-tell-the-platform]")
    snapchat = platforms.locator("details", has_text="Snapchat").first
    first_tip = page.locator("details.tip").first
    talk.locator("> summary").click()
    snapchat.locator("> summary").click()
    first_tip.locator("> summary").click()

    page.get_by_label("Which part of the country are you in?").select_option("GB-WLS")
    expect(page.locator("section[aria-labelledby=step-talk]").get_by_text("Meic").first).to_be_visible()
    expect(talk).to_have_js_property("open", True)
    expect(snapchat).to_have_js_property("open", True)
    expect(first_tip).to_have_js_property("open", False)
    # A part under the keyboard stays there, also where the page is made again by itself.
    snapchat.locator("> summary").focus()
    page.get_by_role("button", name="I cannot speak right now").dispatch_event("click")
    expect(page.get_by_role("button", name="I cannot speak right now")).to_have_attribute("aria-pressed", "true")
    expect(snapchat.locator("> summary")).to_be_focused()
    expect(snapchat).to_have_js_property("open", True)
