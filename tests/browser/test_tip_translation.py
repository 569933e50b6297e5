"""The boxes of a tip's translation in a browser: unsaved texts, whole tokens, and the page without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from content.models import Target, Unit, UnsavedText
from tests import make
from tests.browser.accessible import axe_violations
from tests.browser.conftest import listen

pytestmark = pytest.mark.browser
#: A row in the accessibility tree.
ROW = """
- listitem:
  - 'region "Stop and breathe: Short answer: source"'
  - 'region "Stop and breathe: Short answer: Welsh"':
    - 'textbox "Stop and breathe: Short answer, Welsh"'
    - paragraph:
      - meter "Length, of 650 characters at most"
    - group "Tokens":
      - button "1 The gb-line service"
    - button "Save and next"
    - button "Save"
    - status
"""


@pytest.fixture(autouse=True)
def tip() -> None:
    make.world()
    make.service("gb-line", channels=0)
    make.tip(texts={"short": "Talk to {service:gb-line}"}, approved=True)


def open_page(context: BrowserContext, complaints: list[str], locale: str) -> Page:
    page = listen(context.new_page(), complaints)
    page.goto(f"/console/tips/first-hour/{locale}/")
    return page


def check(page: Page) -> None:
    violations = [(found["id"], [node["html"][:120] for node in found["nodes"]][:2]) for found in axe_violations(page)]
    assert violations == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_a_typed_text_is_kept_and_an_almost_right_token_repaired(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    page = open_page(context_of(make.person("eva", "localisation-editor", locales=("cy",))), complaints, "cy")
    row = page.locator(f"#text-{Unit.objects.get(key='tip.first-hour.short').pk}")
    box = row.locator("textarea[name=text]")
    # What screen readers are given.
    expect(row).to_match_aria_snapshot(ROW)

    box.fill("Siaradwch â ｛Service: GB-Line｝")
    box.blur()

    expect(box).to_have_value("Siaradwch â {service:gb-line}")
    expect(page.get_by_text("Kept, not saved yet.")).to_be_visible(timeout=15_000)
    assert UnsavedText.objects.get().text == "Siaradwch â {service:gb-line}"
    page.reload()
    expect(box).to_have_value("Siaradwch â {service:gb-line}")
    assert complaints == []


def test_a_token_is_marked_and_is_never_cut(context_of: Callable[..., BrowserContext], complaints: list[str]) -> None:
    page = open_page(context_of(make.person("eva", "localisation-editor", locales=("ar",))), complaints, "ar")
    short = Unit.objects.get(key="tip.first-hour.short").pk
    box, keys, token = page.locator(f"#text-{short}-box"), page.keyboard, "{service:gb-line}"

    box.focus()
    keys.type("تحدث إلى ")
    keys.press("Alt+1")
    expect(page.locator(f"#text-{short} .token-mirror mark")).to_have_text(token)
    keys.press("Backspace")
    expect(box).to_have_value("تحدث إلى ")
    keys.press("Alt+1")
    keys.press("Home")
    for _ in range(12):
        keys.press("ArrowLeft")
    keys.type("x")
    expect(box).to_have_value(f"تحدث إلى {token}x")
    box.evaluate("box => box.setSelectionRange(4, 14)")
    keys.press("Delete")
    expect(box).to_have_value("تحدثx")
    keys.press("Control+z")
    keys.press("Control+z")
    expect(box).to_have_value(f"تحدث إلى {token}x")
    box.fill("")
    keys.type("{ Service : GB-Line }")
    expect(box).to_have_value(token)
    box.fill("")
    keys.insert_text("تحدث إلى ")
    expect(page.locator(f"#text-{short} [data-length-now]")).to_have_text("8")
    check(page)
    assert complaints == []


def test_without_scripts_a_text_is_saved_by_its_button(context_of: Callable[..., BrowserContext]) -> None:
    person = make.person("eva", "localisation-editor", locales=("cy",))
    page = context_of(person, java_script_enabled=False, width=390).new_page()
    page.goto("/console/tips/first-hour/cy/")

    page.locator("textarea[name=text]").first.fill("Stopiwch")
    with page.expect_navigation():
        page.get_by_role("button", name="Save and next").first.click()

    assert Target.objects.get().text == "Stopiwch"
