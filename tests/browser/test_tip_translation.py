"""All texts of a tip on one screen, with the keyboard alone, in a language that is written from right to left too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from content.models import Target, Unit, UnsavedText
from tests import make
from tests.browser.accessible import axe_violations
from tests.browser.conftest import listen

pytestmark = pytest.mark.browser
TEXTS = {
    "cy": ("Stopiwch ac anadlwch", "Siaradwch â ", "Dywedwch wrth un oedolyn.", "Peidiwch â thalu."),
    "ar": ("توقف وتنفس", "تحدث إلى ", "أخبر شخصا بالغا.", "لا تدفع."),
}


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


@pytest.mark.parametrize("locale", ["cy", "ar"])
def test_a_tip_is_written_and_approved_with_the_keyboard_alone(
    context_of: Callable[..., BrowserContext], complaints: list[str], locale: str
) -> None:
    eva = make.person("eva", "localisation-editor", locales=("en", locale))
    rhys = make.person("rhys", "localisation-reviewer", locales=("en", locale))
    title, short, *steps = TEXTS[locale]
    page = open_page(context_of(eva), complaints, locale)

    page.keyboard.press("Alt+n")
    page.keyboard.type(title)
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    check(page)
    page.keyboard.type(short)
    page.keyboard.press("Alt+1")
    for text in (None, *steps):
        if text is not None:
            page.keyboard.type(text)
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")

    assert set(Target.objects.values_list("text", flat=True)) == {title, short + "{service:gb-line}", *steps}
    page = open_page(context_of(rhys), complaints, locale)
    page.keyboard.press("Alt+j")
    for _ in range(4):
        with page.expect_navigation():
            page.keyboard.press("Control+Shift+Enter")
    check(page)
    assert set(Target.objects.values_list("state", flat=True)) == {"approved"}
    assert complaints == []


def test_a_typed_text_is_kept_and_an_almost_right_token_repaired(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    page = open_page(context_of(make.person("eva", "localisation-editor", locales=("cy",))), complaints, "cy")
    box = page.locator(f"#text-{Unit.objects.get(key='tip.first-hour.short').pk}-box")

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
