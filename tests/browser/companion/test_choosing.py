"""Choosing a country while the network is slow, gone, or answers with help that cannot be checked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.companion.window import PLACES, enter, plan_of
from tests.browser.companion_site import CompanionSite
from tests.packs import Packs

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

OTHERS = (("IE", "en"), ("FR", "en"), ("DE", "en"))
OFFLINE = "No connection. This is the help kept on this device."


@pytest.fixture
def page(visit: Callable[..., Page], site: CompanionSite, real_packs: Packs) -> Page:
    """Return a page at the choices of a reader who has help for Great Britain, with other countries to choose."""
    page = visit()
    site.publish(real_packs, (*PLACES, *OTHERS))
    page.reload()
    enter(page)
    page.get_by_role("button", name="Change country, language or who you are").click()
    return page


def test_a_reader_who_goes_on_at_once_waits_for_the_chosen_country(page: Page, site: CompanionSite) -> None:
    site.hold("/v1/manifest/IE")
    page.locator("#country").select_option("IE")
    expect(page.locator("main [role=status]")).to_have_text("One moment.")
    page.get_by_role("button", name="Young person").click()

    expect(page.get_by_role("heading", name="One moment.")).to_be_focused()
    expect(page.get_by_text("Call the emergency number of the country you are in.")).to_be_visible()
    expect(page.get_by_role("button", name="Leave now")).to_be_visible()
    assert page.get_by_role("button", name="Blackmail or threats").count() == 0
    site.release()
    plan_of(page)
    assert page.get_by_text("0800 1111").count() == 0
    expect(page.get_by_role("link", name="1800 66 66 66").first).to_be_visible()


@pytest.mark.parametrize(
    ("failure", "note"),
    [("no answer", OFFLINE), ("a forged manifest", "The help could not be checked, so it is not shown.")],
)
def test_where_a_country_has_no_help_the_earlier_one_stays_and_the_page_says_why(
    page: Page, site: CompanionSite, failure: str, note: str
) -> None:
    site.hold("/v1/manifest/IE")
    page.locator("#country").select_option("IE")
    page.get_by_role("button", name="Parent or carer").click()
    expect(page.get_by_role("heading", name="One moment.")).to_be_visible()
    if failure == "no answer":
        site.is_down = True
    else:
        site.manifests["IE"] = f"{site.manifests['IE'][:-8]}AAAAAAAA"
    site.release()

    expect(page.locator("main [role=status]")).to_contain_text(note)
    expect(page.get_by_role("heading", name="Which country are you in?")).to_be_visible()
    expect(page.locator("#country")).to_have_value("GB")
    expect(page.locator("#locale option[value=hi]")).to_be_attached()
    expect(page.get_by_role("button", name="Parent or carer")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Parent or carer").click()
    plan_of(page)
    assert page.get_by_role("link", name="999").first.is_visible()


def test_of_several_choices_the_last_one_counts_and_those_between_are_not_fetched(page: Page, site: CompanionSite) -> None:
    site.hold("/v1/manifest/IE")
    for country in ("IE", "FR", "DE"):
        page.locator("#country").select_option(country)
    site.release()

    expect(page.locator("main [role=status]")).to_be_empty()
    expect(page.locator("#country")).to_have_value("DE")
    assert "/v1/manifest/DE" in site.requests
    assert "/v1/manifest/FR" not in site.requests


def test_a_server_that_accepts_and_never_answers_counts_as_none(visit: Callable[..., Page], site: CompanionSite) -> None:
    """A Wi-Fi before its sign-in, on a first visit: what to do and the way out are there at once, and the way on soon."""
    site.hold("/v1/")
    page = visit()

    expect(page.get_by_role("heading", name="One moment.")).to_be_visible()
    expect(page.get_by_text("Call the emergency number of the country you are in.")).to_be_visible()
    expect(page.get_by_role("button", name="Leave now")).to_be_visible()
    assert page.get_by_text("No connection", exact=False).count() == 0
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible(timeout=30_000)
    site.release()
    again.click()
    expect(page.get_by_role("heading", name="Which country are you in?")).to_be_visible()


def test_a_plan_that_nothing_could_check_stays_when_the_network_is_lost(visit: Callable[..., Page], site: CompanionSite) -> None:
    page = visit(script="Object.defineProperty(crypto, 'subtle', {value: undefined})")
    page.locator("#country").select_option("GB")
    expect(page.locator("section.danger").get_by_role("link", name="999")).to_be_visible()
    page.get_by_role("button", name="Young person").click()
    plan_of(page)
    site.is_down = True
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.locator("main [role=status]")).to_contain_text(OFFLINE)
    expect(page.locator("main [role=status]")).to_contain_text("This browser cannot check where this help comes from.")
    expect(page.get_by_role("heading", name="Blackmail or threats")).to_be_visible()
    assert page.get_by_role("link", name="999").first.is_visible()
