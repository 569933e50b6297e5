"""The pages for translators after an act and after a refusal: accessible, and within a window of 390 pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page

from content.console.labels import label
from content.models import Judgement, LocaleRevision, ReadingLink, Target, TextSuggestion, TipRevision, Unit
from tests import make
from tests.browser.accessible import faults_of
from tests.browser.conftest import follow, listen

pytestmark = pytest.mark.browser
TITLE = "tip.first-hour.title"


def check(page: Page, place: str) -> None:
    assert faults_of(page, place) == []


def title() -> Target:
    return Target.objects.get(unit__key=TITLE, locale="ar")


def press(page: Page, name: str) -> None:
    follow(page.get_by_role("button", name=name, exact=True))


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], complaints: list[str]) -> Page:
    """The narrow window of a person who writes and reviews Arabic."""
    make.small_content()
    make.target(TITLE, "ar", "توقف وتنفس", approved=True)
    lena = make.person("lena", "localisation-editor", "localisation-reviewer", locales=("en", "ar"))
    return listen(context_of(lena, width=390).new_page(), complaints)


def test_find_and_replace_and_suggestions(page: Page, complaints: list[str]) -> None:
    page.goto("/console/find/ar/")
    page.get_by_label("Find", exact=True).fill(" ")
    press(page, "Show what would change")
    check(page, "nothing to find")
    page.get_by_label("Find", exact=True).fill("وتنفس")
    page.get_by_label("Replace with").fill("وخذ نفسا")
    press(page, "Show what would change")
    check(page, "what would change")
    press(page, "Suggest in the ticked texts")
    check(page, "suggestions made")

    page.goto("/console/suggestions/ar/")
    press(page, "Dismiss the ticked ones")
    check(page, "nothing ticked")
    page.get_by_role("checkbox").check()
    press(page, "Accept the ticked ones as drafts")
    check(page, "a suggestion accepted")

    assert not TextSuggestion.objects.open().exists()
    assert title().text == "توقف وخذ نفسا"
    assert complaints == []


def test_outside_readers(page: Page, complaints: list[str]) -> None:
    page.goto("/console/readers/ar/new/?tip=first-hour")
    page.get_by_role("textbox", name="Reader").fill("A youth worker in Cardiff")
    page.get_by_role("checkbox", name="Read:").uncheck()
    press(page, "Create the link")
    check(page, "no text ticked")
    page.get_by_role("checkbox", name="Read:").check()
    press(page, "Create the link")
    check(page, "a link created")

    target, link = title(), ReadingLink.objects.get()
    shown = {"revision": target.revision, "source_revision": target.unit.revision}
    Judgement.objects.record(link, unit=target.unit_id, verdict="wrong", note="غير واضح", at=timezone.now(), **shown)
    page.reload()
    check(page, "a judgement")
    page.goto("/console/tips/first-hour/ar/")
    check(page, "a judgement beside the text")
    page.goto("/console/readers/ar/")
    press(page, "Dealt with")
    check(page, "a judgement dealt with")
    press(page, "Withdraw")
    check(page, "a link withdrawn")

    assert ReadingLink.objects.get().revoked_at is not None
    assert complaints == []


def test_files(page: Page, complaints: list[str], tmp_path: Path) -> None:
    page.goto("/console/text-files/ar/")
    with page.expect_download() as downloading:
        page.get_by_label("Format").select_option("csv")
        page.get_by_label("Texts", exact=True).select_option("all")
        page.get_by_role("button", name="Download").click()
    exported = tmp_path / "ar.csv"
    downloading.value.save_as(exported)
    broken, edited = tmp_path / "broken.xlf", tmp_path / "edited.csv"
    broken.write_text("<xliff>")
    edited.write_bytes(exported.read_bytes().replace("توقف وتنفس".encode(), "توقف 116111".encode()))

    page.get_by_label("File", exact=True).set_input_files(broken)
    press(page, "Show the effect")
    check(page, "a file that cannot be read")
    for file, place in ((edited, "a text refused"), (exported, "nothing to change")):
        page.goto("/console/text-files/ar/")
        page.get_by_label("File", exact=True).set_input_files(file)
        press(page, "Show the effect")
        check(page, place)
        press(page, "Discard")
        check(page, "a discarded import")

    assert title().text == "توقف وتنفس"
    assert complaints == []


def test_a_new_language_and_a_new_tip(page: Page, complaints: list[str]) -> None:
    page.goto("/console/languages/propose/")
    page.get_by_label("Language tag").fill("AR")
    page.get_by_label("Reason").fill("Families ask for it.")
    press(page, "Propose")
    check(page, "a language that there is already")
    page.get_by_label("Language tag").fill("pa-PK")
    press(page, "Propose")
    check(page, "a language proposed")

    page.goto("/console/new-tip/")
    for name, text in (
        ("Title", "Sit down"),
        ("Short answer", "Ring 0800 1111."),
        ("Do now", "Drink some water."),
        ("Reference", "quiet-place"),
        ("Reason", "Readers in panic need a moment first."),
    ):
        page.get_by_role("textbox", name=name, exact=True).fill(text)
    page.get_by_role("checkbox", name=label("audience", "teen")).check()
    press(page, "Propose the tip")
    check(page, "a tip refused")
    page.get_by_role("textbox", name="Short answer", exact=True).fill("Then talk to somebody.")
    page.get_by_role("checkbox", name=label("situation", "blackmail")).check()
    press(page, "Propose the tip")
    check(page, "a tip proposed")

    assert LocaleRevision.objects.get().state == "proposed"
    assert TipRevision.objects.proposed().get().slug == "quiet-place"
    assert Unit.objects.filter(owner="tip:quiet-place").count() == 3
    assert complaints == []


def test_each_script_has_its_own_size_and_line_height_in_the_box_and_its_mirror(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    make.small_content()
    page = listen(context_of(make.person("eva", "localisation-editor")).new_page(), complaints)
    styles = {}
    for locale in ("cy", "ar", "ur", "bn", "hi", "ml"):
        page.goto(f"/console/tips/first-hour/{locale}/")
        box, mirror = (
            page.locator(part).first.evaluate(
                "element => { const { fontSize, lineHeight } = getComputedStyle(element);"
                " return [parseFloat(fontSize), parseFloat(lineHeight)]; }"
            )
            for part in ("textarea[name=text]", ".token-mirror")
        )
        assert box == mirror, locale
        styles[locale] = tuple(box)

    size, line = styles.pop("cy")
    assert {locale for locale, (own, height) in styles.items() if own > size and height / own > line / size} == set(styles)
    assert styles["ar"] != styles["bn"]
    assert complaints == []
