"""A change of a tip in the browser: its effect, the proposal and the approval, with axe and the focus after each act."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from content.models import Tip
from tests import make
from tests.browser.accessible import axe_violations
from tests.browser.conftest import listen

pytestmark = pytest.mark.browser


def faults(page: Page) -> list[str]:
    return [violation["id"] for violation in axe_violations(page)]


def test_a_tip_is_changed_by_two_people(context_of: Callable[..., BrowserContext], complaints: list[str]) -> None:
    make.small_content()
    editor = listen(context_of(make.person("eva", "localisation-editor"), width=390).new_page(), complaints)
    reviewer = listen(context_of(make.person("rolf", "localisation-reviewer"), scheme="dark").new_page(), complaints)

    editor.goto("/console/tips/first-hour/")
    editor.get_by_text("Audience, situations, countries, ages").click()
    editor.get_by_label("Status").select_option(label="Retired")
    editor.get_by_role("button", name="Show the effect").click()
    expect(editor.get_by_role("heading", name="What this change does")).to_be_visible()
    expect(editor.locator("#effect")).to_be_focused()
    assert faults(editor) == []

    editor.get_by_role("button", name="Propose", exact=True).click()
    expect(editor.get_by_text("Enter a reason for the person who approves the change.").first).to_be_visible()
    assert faults(editor) == []
    editor.get_by_label("Reason").fill("It is out of date.")
    editor.get_by_role("button", name="Propose", exact=True).click()
    expect(editor.get_by_text("You proposed this, so another person must approve it.")).to_be_visible()
    assert faults(editor) == []

    reviewer.goto("/console/tip-changes/")
    reviewer.get_by_role("link", name="Stop and breathe").click()
    expect(reviewer.get_by_text("It is out of date.")).to_be_visible()
    assert faults(reviewer) == []
    stale = listen(reviewer.context.new_page(), complaints)
    stale.goto(reviewer.url)
    reviewer.get_by_role("button", name="Approve").click()
    expect(reviewer.get_by_text("Readers see the change from the next release.")).to_be_visible()
    assert faults(reviewer) == []
    stale.get_by_role("button", name="Approve").click()
    expect(stale.get_by_text("This proposal was decided or replaced in the meantime.")).to_be_visible()
    assert faults(stale) == []

    assert Tip.objects.get(pk="first-hour").state == "retired"
    assert complaints == []
