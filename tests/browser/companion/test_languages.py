"""The companion in other scripts and directions, and with texts that are not translated yet."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import faults_of, looks
from tests.browser.companion.window import enter, show_only, visit_again
from tests.browser.companion_site import CompanionSite
from tests.packs import Packs

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

#: Words of the page that would be drawn as boxes: their letters are as wide as a letter that no font has.
MISSING_LETTERS = """() => {
  const context = document.createElement('canvas').getContext('2d');
  context.font = getComputedStyle(document.body).font;
  const box = context.measureText('\\u{10ffff}').width;
  const letters = new Set(document.querySelector('main').innerText.match(/\\p{L}/gu));
  return [...letters].filter(letter => context.measureText(letter.repeat(3)).width === 3 * box);
}"""


@pytest.mark.parametrize(
    ("locale", "direction", "name"),
    [("ar", "rtl", "arabic"), ("bn", "ltr", "bengali"), ("cy", "ltr", "welsh"), ("ur", "rtl", "urdu")],
)
def test_other_scripts_are_shown_right(
    visit: Callable[..., Page],
    real_packs: Packs,
    locale: str,
    direction: str,
    name: str,
    picture: Callable[[Page, str], None],
) -> None:
    page = visit()
    enter(page, locale=locale)
    pack = real_packs["GB", locale]
    page.get_by_role("button", name=pack["labels"]["situations"]["grooming"]["text"]).click()

    heading = page.locator("h1")
    expect(heading).to_have_text(pack["labels"]["situations"]["grooming"]["text"])
    assert page.evaluate("document.documentElement.dir") == direction
    assert page.get_by_role("link", name="999").first.is_visible()
    picture(page, f"companion-{name}")
    assert [fault for scheme, width in looks(page, widths=(320,)) for fault in faults_of(page, locale, scheme, width)] == []
    # Every digit and every name of a service stays in its own order inside the line.
    number = page.locator("section.danger .number").first
    assert number.inner_text().strip("\u2066\u2069") == "999"
    assert page.evaluate("document.documentElement.lang") == locale
    # A letter of a script that no font of this machine has would be a box of the same width as any other missing one.
    assert page.evaluate(MISSING_LETTERS) == []


def test_a_tip_in_another_language_says_so(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs, picture: Callable[[Page, str], None]
) -> None:
    pack = copy.deepcopy(real_packs["GB", "hi"])
    pack["tips"] = real_packs["GB", "en"]["tips"]
    page = visit_again(visit, site, {**real_packs, ("GB", "hi"): pack})
    enter(page, locale="hi")
    page.get_by_role("button", name=pack["labels"]["situations"]["blackmail"]["text"]).click()

    tip = page.locator("details.tip").first
    words = pack["labels"]["companion"]["other-language"]["text"]
    expect(tip.get_by_text(words)).to_be_visible()
    show_only(page, "tips")
    picture(page, "companion-untranslated")
    assert tip.locator("h3").get_attribute("lang") == "en"
