"""With the keyboard alone: a new tip from the empty form to the app's packs in three scripts, and the review of forty texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Locator, Page, expect

from api.reads import edition_store
from content.console.labels import label
from content.models import Release, Target, TipRevision, Unit
from core.models import User
from tests import make
from tests.browser.accessible import axe_violations
from tests.browser.conftest import listen

pytestmark = pytest.mark.browser
SLUG: Final = "quiet-place"
TOKEN: Final = "{service:gb-line}"
ENGLISH: Final = {
    "Title": "Sit down somewhere quiet",
    "Short answer": f"Talk to {TOKEN}.",
    "Do now": "Drink some water.\n\nGo to an adult you trust.",
    "Do not": "Do not answer messages now.",
    "Reference": SLUG,
    "Reason": "Readers in panic need a moment first.",
}
#: The texts of the tip in reading order. They are written one language after the other, and published in one release.
TRANSLATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "ar": (
        "اجلس في مكان هادئ",
        f"تحدث إلى {TOKEN}.",
        "اشرب بعض الماء.",
        "اذهب إلى شخص بالغ تثق به.",
        "لا ترد على الرسائل الآن.",
    ),
    "bn": (
        "শান্ত কোথাও বসো",
        f"{TOKEN}-এর সঙ্গে কথা বলো।",
        "একটু পানি খাও।",
        "বিশ্বাস করো এমন একজন বড় মানুষের কাছে যাও।",
        "এখন মেসেজের উত্তর দিও না।",
    ),
    "cy": (
        "Eistedda yn rhywle tawel",
        f"Siarada â {TOKEN}.",
        "Yfa ychydig o ddŵr.",
        "Cer at oedolyn rwyt ti’n ymddiried ynddo.",
        "Paid ag ateb negeseuon nawr.",
    ),
}
#: Key presses beyond typing that the review of FORTY texts may take.
FORTY, MAX_PRESSES = 40, 45


def reach(page: Page, name: str, role: Any = "button", *, exact: bool = False) -> None:
    """Press Tab until the control with this name has the focus."""
    wanted = page.get_by_role(role, name=name, exact=exact).first
    for _ in range(200):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}")


def press(page: Page, name: str, role: Any = "button") -> None:
    reach(page, name, role)
    send(page, "Enter")


def send(page: Page, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def check(page: Page, place: str) -> None:
    assert [(found["id"], found["nodes"][0]["html"][:120]) for found in axe_violations(page)] == [], place
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), place


def announced(page: Page) -> Locator:
    """Return what screen readers announce: a region that is filled after the page was loaded."""
    return page.locator("[role=status][data-tip-text-status]")


def pack(locale: str) -> dict[str, Any]:
    edition_store.store.clear()
    body: dict[str, Any] = Client().get(f"/v1/packs/GB/{locale}").json()
    return body


def propose(page: Page) -> None:
    """Fill in the empty form of a new tip, and propose it."""
    for name in ("Title", "Short answer", "Do now", "Do not"):
        reach(page, name, "textbox", exact=True)
        page.keyboard.type(ENGLISH[name])
    for kind, value in (("audience", "teen"), ("situation", "blackmail")):
        reach(page, label(kind, value), "checkbox")
        page.keyboard.press("Space")
    for name in ("Reference", "Reason"):
        reach(page, name, "textbox", exact=True)
        page.keyboard.type(ENGLISH[name])
    press(page, "Propose the tip")


def translate(page: Page, locale: str) -> None:
    """Write the texts one after the other; the token is inserted by its key."""
    page.goto(f"/console/tips/{SLUG}/{locale}/")
    check(page, f"{locale}: the tip before it is translated")
    page.keyboard.press("Alt+n")
    for text in TRANSLATIONS[locale]:
        before, token, after = text.partition(TOKEN)
        page.keyboard.type(before)
        if token:
            page.keyboard.press("Alt+1")
        page.keyboard.type(after)
        send(page, "Control+Enter")
    expect(announced(page)).to_have_text("Saved. Another person must approve the text.")
    check(page, f"{locale}: the tip after it was translated")


def review(page: Page, locale: str) -> None:
    page.goto(f"/console/tips/{SLUG}/{locale}/")
    page.keyboard.press("Alt+v")
    for _ in TRANSLATIONS[locale]:
        send(page, "Control+Shift+Enter")
    expect(announced(page)).to_have_text("Approved.")
    check(page, f"{locale}: the tip after its review")


def test_a_new_tip_reaches_the_app_in_each_language_with_the_keyboard_alone(
    context_of: Callable[..., BrowserContext], complaints: list[str], picture: Callable[[Page, str], None]
) -> None:
    make.small_content()
    make.release()
    for locale in TRANSLATIONS:
        assert [tip["slug"] for tip in pack(locale)["tips"]] == ["first-hour"], locale

    def window(person: User, path: str) -> Page:
        # As wide as the pictures of the documentation.
        page = listen(context_of(person, width=1200).new_page(), complaints)
        page.goto(f"/console/{path}")
        return page

    languages = ("en", *TRANSLATIONS)
    eva = window(make.person("eva", "localisation-editor", locales=languages), "new-tip/")
    propose(eva)
    proposed = TipRevision.objects.proposed().get()

    rim = window(make.person("rim", "localisation-reviewer", locales=languages), f"tip-changes/{proposed.pk}/")
    press(rim, "Approve")
    rim.goto(f"/console/sources/?state=needs-review&q={SLUG}")
    press(rim, ENGLISH["Title"], "link")
    check(rim, "a source text before its approval")
    units = Unit.objects.owned_by(f"tip:{SLUG}")
    for _ in units:
        press(rim, "Approve the saved text")
    check(rim, "the last source text after its approval")
    assert set(units.values_list("state", flat=True)) == {"approved"}

    for locale, texts in TRANSLATIONS.items():
        translate(eva, locale)
        if locale == "ar":
            picture(eva, "tip-arabic")
        review(rim, locale)
        stored = Target.objects.filter(locale=locale).values_list("text", "state")
        assert set(stored) == {(text, "approved") for text in texts}

    pia = window(make.person("pia", "publisher"), "releases/")
    press(pia, "Compile a release")
    pol = window(make.person("pol", "publisher"), f"releases/{Release.objects.latest('number').pk}/")
    press(pol, "Publish release")

    for locale, texts in TRANSLATIONS.items():
        served = {tip["slug"]: tip for tip in pack(locale)["tips"]}[SLUG]
        assert (served["title"], served["locale"]["served"]) == (texts[0], locale)
    assert complaints == []


def test_forty_texts_are_reviewed_with_45_key_presses_at_most(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    make.world()
    steps = {f"do-now.{n}": f"Tell adult {chr(96 + n % 26)}{chr(96 + n // 26)} about it." for n in range(1, FORTY - 2)}
    make.tip("long", texts=steps, do_now=[*range(1, FORTY - 2)], approved=True)
    for unit in Unit.objects.owned_by("tip:long"):
        make.target(unit.key, "bn", "একজন বড় মানুষকে বলো।")
    page = listen(context_of(make.person("rim", "localisation-reviewer", locales=("en", "bn"))).new_page(), complaints)
    page.goto("/console/tips/long/bn/")

    page.keyboard.press("Alt+v")
    presses, waiting = 1, Target.objects.filter(state="needs-review")
    while waiting.exists() and presses < MAX_PRESSES:
        send(page, "Control+Shift+Enter")
        presses += 1

    assert list(Target.objects.values_list("state", flat=True)) == ["approved"] * FORTY
    assert presses <= MAX_PRESSES
    check(page, "after the review of forty texts")
    assert complaints == []
