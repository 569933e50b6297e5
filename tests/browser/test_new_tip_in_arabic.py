"""A new tip, from the empty form to the app's pack in Arabic, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from api.reads import edition_store
from content.console.labels import label
from content.models import Release, Target, TipRevision, Unit
from core.models import User
from tests import make
from tests.browser.conftest import listen

pytestmark = pytest.mark.browser
ENGLISH = {
    "Title": "Sit down somewhere quiet",
    "Short answer": "You can think again in a moment.",
    "Do now": "Drink some water.\n\nGo to an adult you trust.",
    "Do not": "Do not answer messages now.",
    "Reference": "quiet-place",
    "Reason": "Readers in panic need a moment first.",
}
ARABIC = (
    "اجلس في مكان هادئ",
    "ستستطيع التفكير من جديد بعد لحظة.",
    "اشرب بعض الماء.",
    "اذهب إلى شخص بالغ تثق به.",
    "لا ترد على الرسائل الآن.",
)


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
    assert [(found["id"], found["nodes"][0]["html"][:120]) for found in Axe().run(page)["violations"]] == [], place


def pack() -> dict[str, Any]:
    edition_store.store.clear()
    body: dict[str, Any] = Client().get("/v1/packs/GB/ar").json()
    return body


def test_a_new_tip_reaches_the_app_with_the_keyboard_alone(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    make.small_content()
    make.release()
    assert [tip["slug"] for tip in pack()["tips"]] == ["first-hour"]

    def window(person: User, path: str) -> Page:
        page = listen(context_of(person).new_page(), complaints)
        page.goto(f"/console/{path}")
        return page

    editor = make.person("eva", "localisation-editor", locales=("en", "ar"))
    reviewer = make.person("rim", "localisation-reviewer", locales=("en", "ar"))

    eva = window(editor, "new-tip/")
    for name in ("Title", "Short answer", "Do now", "Do not"):
        reach(eva, name, "textbox", exact=True)
        eva.keyboard.type(ENGLISH[name])
    for kind, value in (("audience", "teen"), ("situation", "blackmail")):
        reach(eva, label(kind, value), "checkbox")
        eva.keyboard.press("Space")
    for name in ("Reference", "Reason"):
        reach(eva, name, "textbox", exact=True)
        eva.keyboard.type(ENGLISH[name])
    press(eva, "Propose the tip")
    proposed = TipRevision.objects.proposed().get()

    rim = window(reviewer, f"tip-changes/{proposed.pk}/")
    press(rim, "Approve")
    rim.goto("/console/sources/?state=needs-review&q=quiet-place")
    press(rim, "Sit down somewhere quiet", "link")
    check(rim, "a source text before its approval")
    for _ in ARABIC:
        press(rim, "Approve the saved text")
    check(rim, "the last source text after its approval")
    assert set(Unit.objects.owned_by("tip:quiet-place").values_list("state", flat=True)) == {"approved"}

    eva.goto("/console/tips/quiet-place/ar/")
    check(eva, "the tip before it is translated")
    eva.keyboard.press("Alt+n")
    for text in ARABIC:
        eva.keyboard.type(text)
        send(eva, "Control+Enter")
    check(eva, "the tip after it was translated")

    rim.goto("/console/tips/quiet-place/ar/")
    rim.keyboard.press("Alt+v")
    for _ in ARABIC:
        send(rim, "Control+Shift+Enter")
    check(rim, "the tip after its review")
    assert set(Target.objects.filter(locale="ar").values_list("text", "state")) == {(text, "approved") for text in ARABIC}

    pia = window(make.person("pia", "publisher"), "releases/")
    press(pia, "Compile a release")
    pol = window(make.person("pol", "publisher"), f"releases/{Release.objects.latest('number').pk}/")
    press(pol, "Publish release")

    served = {tip["slug"]: tip for tip in pack()["tips"]}["quiet-place"]
    assert (served["title"], served["locale"]["served"]) == (ARABIC[0], "ar")
    assert complaints == []
