"""The companion at twice the size of text, without motion, by keyboard alone, and as a screen reader gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import faults_of
from tests.browser.companion.window import enter, plan_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

#: What moves on the page: animations that run, and elements whose style would begin one.
MOVING = """() => [
  ...document.getAnimations().map(one => one.constructor.name),
  ...[...document.querySelectorAll('*')].filter(one => {
    const style = getComputedStyle(one);
    return style.animationName !== 'none' || !/^0s(, 0s)*$/.test(style.transitionDuration) || style.scrollBehavior !== 'auto';
  }).map(one => one.tagName),
]"""
#: What has the focus: the id of a field, or else the first line of the text.
FOCUSED = """() => {
  const one = document.activeElement;
  return one.tagName === 'SELECT' ? one.id : one.innerText.trim().split('\\n')[0];
}"""
#: Elements that take the keyboard's focus without showing it.
WITHOUT_OUTLINE = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  return one !== document.body && (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2);
}"""


def screens(page: Page) -> Iterator[str]:
    """Show one screen after the other, and yield the name of each."""
    yield "choices"
    enter(page)
    yield "situations"
    plan_of(page)
    yield "plan"
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Forget everything").click()
    yield "forget"


def test_every_screen_fits_at_twice_the_size_of_text(visit: Callable[..., Page]) -> None:
    """A reader doubles the size of text in the settings of a phone, or zooms a window of 1,280 pixels to 200 %."""
    page = visit()
    page.locator("#country").wait_for()
    faults: list[tuple[object, ...]] = []

    for screen in screens(page):
        for width, size in ((390, "200%"), (320, "200%"), (640, "100%")):
            page.set_viewport_size({"width": width, "height": 844})
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            faults += faults_of(page, screen, width, size)
            box = page.get_by_role("button", name="Leave now").bounding_box()
            if box is None or not 0 <= box["x"] <= box["x"] + box["width"] <= width:
                faults.append((screen, width, size, "the way out is outside the window"))
        page.evaluate("document.documentElement.style.fontSize = ''")

    assert faults == []


def test_nothing_moves(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator("#country").wait_for()

    for motion in ("reduce", "no-preference"):
        page.emulate_media(reduced_motion=motion)
        assert page.evaluate(MOVING) == []
    enter(page)
    plan_of(page)
    assert page.evaluate(MOVING) == []


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page)
    plan_of(page)
    names: list[str] = []
    hidden: list[str] = []

    # From the heading, which has the focus, to the end of the page and round to the header.
    while "Leave now" not in names:
        page.keyboard.press("Tab")
        name = page.evaluate(FOCUSED)
        names.append(name)
        if page.evaluate(WITHOUT_OUTLINE):
            hidden.append(name)
        assert len(names) < 80, names

    assert names[0] == "I cannot speak right now"
    assert names[1].startswith("Call")
    assert names.index("Other ways to get help") < names.index("age") < names.index("region")
    assert "Back" in names
    assert hidden == []


def test_a_screen_reader_gets_headings_landmarks_and_names(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page)
    expect(page.locator("body")).to_match_aria_snapshot(
        """
        - banner:
          - button "Leave now"
        - main:
          - status
          - region "In danger right now":
            - heading "In danger right now" [level=2]
            - article:
              - heading [level=3]
              - link /Call .*999/
          - heading "What happened?" [level=1]
          - list:
            - listitem:
              - button "Blackmail or threats"
        """
    )
    plan_of(page)

    expect(page.locator("body")).to_match_aria_snapshot(
        """
        - banner:
          - button "Back"
          - button "Leave now"
        - main:
          - status
          - heading "Blackmail or threats" [level=1]
          - button "I cannot speak right now"
          - region "In danger right now"
          - region "Talk to someone"
          - region "This helps to show what fits. It stays on this device.":
            - combobox "How old are you?"
            - combobox "Which part of the country are you in?"
          - region "Report it"
          - region "Ask for pictures to be removed"
          - region "Tell the app or site"
          - region "What you can do":
            - heading "What you can do" [level=2]
        """
    )
