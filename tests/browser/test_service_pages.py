"""A change of a service in the browser: its effect, the proposal and the approval, with axe and the focus after each act."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from content.models import Organization, Service
from tests import make
from tests.browser.accessible import axe_violations
from tests.browser.conftest import follow, listen

pytestmark = pytest.mark.browser


def faults(page: Page) -> list[str]:
    return [violation["id"] for violation in axe_violations(page)]


def test_a_service_is_changed_by_two_people(context_of: Callable[..., BrowserContext], complaints: list[str]) -> None:
    make.small_content()
    first = listen(context_of(make.person("asta", "assurer"), width=390).new_page(), complaints)
    second = listen(context_of(make.person("ben", "assurer"), scheme="dark").new_page(), complaints)

    first.goto("/console/services/gb-line/")
    first.get_by_role("link", name="Propose a change").first.click()
    first.get_by_label("Status").select_option(label="Closed for good")
    first.get_by_role("button", name="Show the effect").click()
    expect(first.get_by_role("heading", name="What this change does")).to_be_visible()
    expect(first.locator("#effect")).to_be_focused()
    assert faults(first) == []
    assert not first.evaluate("document.documentElement.scrollWidth > window.innerWidth")

    first.get_by_role("button", name="Propose", exact=True).click()
    expect(first.get_by_text("Enter a reason for the person who approves the change.").first).to_be_visible()
    assert faults(first) == []
    first.get_by_label("Reason").fill("They have closed.")
    first.get_by_role("button", name="Propose", exact=True).click()
    expect(first.get_by_text("You proposed this, so another person must approve it.")).to_be_visible()
    assert faults(first) == []

    second.goto("/console/service-changes/")
    second.get_by_role("link", name="The gb-line service").click()
    expect(second.get_by_text("They have closed.")).to_be_visible()
    expect(second.get_by_text("The service leaves")).to_be_visible()
    assert faults(second) == []
    stale = listen(second.context.new_page(), complaints)
    stale.goto(second.url)
    second.get_by_role("button", name="Approve").click()
    expect(second.get_by_text("Readers see the change from the next release.")).to_be_visible()
    assert faults(second) == []
    stale.get_by_role("button", name="Approve").click()
    expect(stale.get_by_text("A newer change was approved").or_(stale.get_by_text("decided or replaced"))).to_be_visible()
    assert faults(stale) == []

    assert Service.objects.get(pk="gb-line").status == "defunct"
    assert complaints == []


def test_an_organization_is_renamed_by_two_people(context_of: Callable[..., BrowserContext], complaints: list[str]) -> None:
    make.small_content()
    first = listen(context_of(make.person("asta", "assurer")).new_page(), complaints)
    second = listen(context_of(make.person("ben", "assurer"), width=390, scheme="dark").new_page(), complaints)

    first.goto("/console/organizations/org/")
    first.get_by_text("Propose another name").click()
    first.get_by_label("Official name").fill("The Trust")
    first.get_by_label("Reason").fill("Renamed.")
    first.get_by_role("button", name="Propose", exact=True).click()
    expect(first.get_by_text("You proposed this, so another person must approve it.")).to_be_visible()
    assert faults(first) == []

    second.goto("/console/service-changes/")
    follow(second.get_by_role("link", name="An Organization"))
    assert faults(second) == []
    second.get_by_role("button", name="Approve").click()
    expect(second.get_by_text("Readers see the change from the next release.")).to_be_visible()

    assert Organization.objects.get().name == "The Trust"
    assert complaints == []
