"""Leaving the companion: before it is there, without a network, with answers given, and where to press for it."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from api.pages.companion import EARLY, MAIN, companion
from tests.browser.companion.window import NEUTRAL, enter, neutral, plan_of, visit_again
from tests.browser.companion_site import CompanionSite
from tests.packs import Packs

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

CHOICES = """() => new Promise(done => {
  const opening = indexedDB.open("companion");
  opening.onsuccess = () => {
    const asking = opening.result.transaction("kept").objectStore("kept").get("choices");
    asking.onsuccess = () => { opening.result.close(); done(asking.result ?? null); };
  };
})"""


def exit_by_key(page: Page) -> None:
    page.keyboard.press("Escape")


def exit_by_press(page: Page) -> None:
    page.locator(".leave").click()


EXITS = pytest.mark.parametrize("exit_by", [exit_by_key, exit_by_press])


@EXITS
def test_a_reader_can_leave_while_the_app_is_being_fetched(
    visit: Callable[..., Page], site: CompanionSite, exit_by: Callable[[Page], None]
) -> None:
    page = visit(script="Object.defineProperty(navigator, 'serviceWorker', {value: undefined})")
    page.goto("/nothing")
    folder = f"/companion/{companion().version}"
    site.hold(f"{folder}/{MAIN}")
    page.goto("/companion/", wait_until="commit")
    # Returns once the module has run, which does not wait for the others.
    page.evaluate("path => import(path).then(() => null)", f"{folder}/{EARLY}")
    expect(page.get_by_role("link", name="Leave now")).to_be_visible()

    exit_by(page)

    page.wait_for_url(NEUTRAL)
    page.go_back()
    assert page.url == f"{site.url}/nothing"


@EXITS
def test_leaving_deletes_who_the_reader_is_and_keeps_the_help(
    visit: Callable[..., Page], site: CompanionSite, exit_by: Callable[[Page], None]
) -> None:
    page = visit()
    enter(page)
    plan_of(page)
    page.get_by_label("How old are you?").select_option("13")
    page.get_by_label("Which part of the country are you in?").select_option("GB-WLS")
    page.wait_for_function(f"async () => (await ({CHOICES})())?.region === 'GB-WLS'")

    exit_by(page)

    page.wait_for_url(NEUTRAL)
    page.goto("/nothing")
    assert page.evaluate(CHOICES) == {"country": "GB", "locale": "en"}
    # The next time, without a server: the help is there, and one press leads on.
    site.is_down = True
    page.goto("/companion/")
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    expect(page.locator("#country")).to_have_value("GB")
    expect(page.locator("section.danger").get_by_role("link", name="999").first).to_be_visible()
    page.get_by_role("button", name="Young person").click()
    plan_of(page)
    expect(page.get_by_label("How old are you?").locator("option:checked")).to_have_text("I do not want to say")
    expect(page.get_by_label("Which part of the country are you in?")).to_have_value("")


def test_a_full_disk_keeps_no_answer_either(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page)
    page.evaluate("() => { IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }; }")

    page.keyboard.press("Escape")

    page.wait_for_url(NEUTRAL)
    page.goto("/nothing")
    assert page.evaluate(CHOICES) is None


def test_a_database_that_does_not_answer_keeps_nobody_from_leaving(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page)
    page.evaluate("() => { IDBObjectStore.prototype.get = () => ({}); }")

    page.keyboard.press("Escape")

    page.wait_for_url(NEUTRAL)


def test_leaving_without_a_network_leaves_no_way_back(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page)
    plan_of(page)
    page.context.unroute(f"{NEUTRAL}**", neutral)
    page.context.set_offline(True)

    page.keyboard.press("Escape")

    while not page.url.startswith("chrome-error:"):
        page.wait_for_timeout(100)
    page.go_back()
    assert page.url == "about:blank"


def test_the_way_out_is_at_the_end_of_the_line_in_every_direction(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs
) -> None:
    """Also where its words are still in English, which has the other direction."""
    pack = copy.deepcopy(real_packs["GB", "ar"])
    del pack["labels"]["companion"]["leave"]
    page = visit_again(visit, site, {**real_packs, ("GB", "ar"): pack})
    places = []

    for locale in ("en", "ar"):
        page.locator("#country").select_option("GB")
        expect(page.locator("#locale option[value=ar]")).to_be_attached()
        page.locator("#locale").select_option(locale)
        expect(page.locator("html")).to_have_attribute("lang", locale)
        box = page.get_by_role("button", name="Leave now").bounding_box()
        assert box is not None
        places.append("left" if box["x"] + box["width"] / 2 < 195 else "right")

    assert places == ["right", "left"]
