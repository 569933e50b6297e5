"""Each screen of the companion that shows a failure: gaps in a pack, no storage, a wrong clock, no server."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from api.pages.companion import first_words
from core.instants import rfc3339
from tests.browser.companion.window import PLACES, enter, plan_of, show_only, visit_again
from tests.browser.companion_site import CompanionSite
from tests.packs import Packs, notice

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

YEAR = timedelta(days=365)


def test_a_pack_with_gaps_still_gives_a_plan(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs, picture: Callable[[Page, str], None]
) -> None:
    pack = copy.deepcopy(real_packs["GB", "en"])
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    pack["services"] = [s for s in pack["services"] if not {"emergency", "police-report"} & {*s["roles"]}]
    for service in pack["services"]:
        service["notices"] = [notice(**{"from": "2020-01-01T00:00:00Z", "until": rfc3339(tomorrow)})]
    page = visit_again(visit, site, {**real_packs, ("GB", "en"): pack})
    enter(page)
    assert page.locator("section.danger").inner_text().count("Call the emergency number of the country you are in.") == 1
    plan_of(page)

    expect(page.get_by_text("No one here is open right now. In danger? Call the emergency number.")).to_be_visible()
    report = page.locator("section[aria-labelledby=step-report]")
    expect(report.get_by_text("Go to the nearest police station.", exact=False)).to_be_visible()
    assert page.locator("a.action.shut").count() > 0
    picture(page, "companion-all-shut")
    page.get_by_text("Another app or site").click()
    expect(page.get_by_text("Use the report button in the app.", exact=False)).to_be_visible()
    show_only(page, "step-danger-now", "step-report", "step-tell-the-platform")
    picture(page, "companion-gaps")

    pack["services"] = []
    site.publish({**real_packs, ("GB", "en"): pack}, PLACES, release=8)
    page.reload()
    plan_of(page)
    # The kept pack is shown until the new one is there.
    expect(page.get_by_text("No one here is open right now.", exact=False)).to_have_count(0)


def test_without_storage_it_works_and_says_so(visit: Callable[..., Page]) -> None:
    page = visit(script="Object.defineProperty(window, 'indexedDB', {get() { throw new DOMException('no', 'SecurityError'); }})")
    enter(page)

    expect(page.get_by_text("This browser keeps nothing. When you close this page, the help is gone.")).to_be_visible()
    plan_of(page)


def test_with_a_full_disk_it_works_and_says_so(visit: Callable[..., Page], picture: Callable[[Page, str], None]) -> None:
    full = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    page = visit(script=full)
    enter(page)

    expect(page.get_by_text("This browser keeps nothing. When you close this page, the help is gone.")).to_be_visible()
    picture(page, "companion-full-disk")
    plan_of(page)


@pytest.mark.parametrize("off", [YEAR, -YEAR], ids=["a year ahead", "a year behind"])
def test_a_wrong_clock_hides_nothing(visit: Callable[..., Page], off: timedelta, picture: Callable[[Page, str], None]) -> None:
    page = visit(at=datetime.now(UTC) + off)
    enter(page)
    page.reload()

    expect(page.get_by_text("The clock of this device is wrong.", exact=False)).to_be_visible()
    plan_of(page)
    assert page.get_by_role("link", name="999").first.is_visible()
    if off > timedelta(0):
        picture(page, "companion-wrong-clock")


def test_the_first_start_without_a_server_says_what_to_do(
    visit: Callable[..., Page], site: CompanionSite, picture: Callable[[Page, str], None]
) -> None:
    site.is_down = True
    page = visit()

    expect(page.get_by_role("heading", name="In danger right now")).to_be_visible()
    expect(page.get_by_text("Call the emergency number of the country you are in.")).to_be_visible()
    picture(page, "companion-first-start-offline")
    site.is_down = False
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Which country are you in?")).to_be_visible()


@pytest.mark.parametrize(("language", "locale"), [("ur-PK", "ur"), ("cy", "cy"), ("fi-FI", "en")])
def test_the_first_start_is_in_the_language_of_the_browser(
    visit: Callable[..., Page],
    site: CompanionSite,
    real_packs: Packs,
    language: str,
    locale: str,
    picture: Callable[[Page, str], None],
) -> None:
    """With the words of the published release, which come with the app; in English for a language that it has not."""
    site.words = first_words(real_packs["ZZ", tag] for tag in ("ar", "cy", "en", "ur"))
    site.hold("/v1/")
    page = visit(locale=language)
    words = real_packs["ZZ", locale]["labels"]

    expect(page.locator("h1")).to_have_text(words["companion"]["wait"]["text"])
    expect(page.locator("html")).to_have_attribute("lang", locale)
    expect(page.locator("html")).to_have_attribute("dir", real_packs["ZZ", locale]["dir"])
    site.is_down = True
    site.release()
    expect(page.locator("h1")).to_have_text(words["steps"]["danger-now"]["text"])
    for shown in (words["why"]["local-emergency"], words["why"]["trusted-adult"], words["companion"]["empty"]):
        expect(page.get_by_text(shown["text"])).to_be_visible()
    expect(page.get_by_role("button", name=words["companion"]["leave"]["text"])).to_be_visible()
    if locale == "ur":
        picture(page, "companion-first-start-urdu")
    site.is_down = False
    page.get_by_role("button", name=words["companion"]["try-again"]["text"]).click()
    expect(page.locator("#country")).to_be_visible()
