"""The hand-over of a campaign's texts in a browser: an author, a translator and a second reader, in Arabic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from notifications.campaigns import translation_requests
from notifications.models import Campaign, TranslationRequest
from tests import make
from tests.browser.conftest import follow, listen
from tests.browser.test_task_pages import faults_of

pytestmark = pytest.mark.browser

ENGLISH = make.definition()["messages"]["en"]
WITH_DATE = {**ENGLISH, "inner": {**ENGLISH["inner"], "body": "Read it on {date:2026-12-01}."}}
LABELS = {
    "Lock screen title (Arabic)": "نصائح جديدة",
    "Lock screen text (Arabic)": "اقرأها الآن.",
    "Title in the app (Arabic)": "إذا هددك أحد",
    "Text in the app (Arabic)": "اقرأ هذا يوم ",
}


def draft() -> Campaign:
    make.person("ali", "localisation-editor", locales=("ar",))
    make.person("rim", "localisation-reviewer", locales=("ar",))
    return make.campaign(state="draft", messages={"en": WITH_DATE})


def fill(page: Page) -> None:
    for label, text in LABELS.items():
        page.get_by_label(label, exact=True).fill(text)


def user(name: str) -> make.User:
    return make.User.objects.get(username=name)


def test_a_text_goes_to_the_translators_and_comes_back_read(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    campaign = draft()
    author = listen(context_of(campaign.created_by).new_page(), complaints)
    found = []
    tomorrow = timezone.now() + timedelta(hours=20)
    author.goto(f"/console/campaigns/{campaign.pk}/words/")
    found += faults_of(author, "words")
    author.get_by_role("link", name="Ask the translators").click()
    author.get_by_label("Arabic", exact=True).check()
    author.get_by_label("Deadline: day").fill("2026-01-01")
    author.get_by_label("Deadline: time").fill(f"{tomorrow:%H:%M}")
    author.get_by_role("button", name="Ask the translators").click()
    expect(author.locator(".fp-summary")).to_contain_text("has passed. Enter a later time.")
    found += faults_of(author, "refused")
    author.get_by_label("Deadline: day").fill(f"{tomorrow:%Y-%m-%d}")
    author.get_by_label("Note").fill("For tomorrow.")
    author.get_by_role("button", name="Ask the translators").click()
    expect(author.get_by_text("With the translators, due")).to_be_visible()
    found += faults_of(author, "requested")

    ali = listen(context_of(user("ali"), scheme="dark").new_page(), complaints)
    ali.goto("/console/work/")
    found += faults_of(ali, "my work")
    ali.get_by_role("link", name="Translate into Arabic").click()
    fill(ali)
    ali.get_by_role("button", name="Insert").click()
    expect(ali.get_by_label("Text in the app (Arabic)")).to_have_value("اقرأ هذا يوم {date:2026-12-01}")
    expect(ali.locator('.light [data-shows="inner_body"]').first).not_to_contain_text("{")
    expect(ali.get_by_role("status")).to_contain_text("is kept since")
    found += faults_of(ali, "translating")
    ali.get_by_role("button", name="Hand in").click()
    expect(ali.get_by_text("Handed in: the texts in Arabic.")).to_be_visible()

    rim = listen(context_of(user("rim"), width=360).new_page(), complaints)
    rim.goto("/console/work/")
    follow(rim.get_by_role("link", name="Read the text in Arabic"))
    found += faults_of(rim, "reading")
    rim.get_by_label("What it says").fill("Read this on the first of December.")
    rim.get_by_role("button", name="Confirm the Arabic text").click()
    expect(rim.get_by_text("Confirmed: the text in Arabic.")).to_be_visible()
    found += faults_of(rim, "read")

    author.reload()
    expect(author.get_by_text("Handed in by ali, read by rim")).to_be_visible()
    found += faults_of(author, "came back")
    assert found == []
    assert complaints == []
    assert Campaign.objects.get().words["ar"]["inner"]["body"] == "اقرأ هذا يوم {date:2026-12-01}"


def test_a_text_is_translated_without_scripts_on_a_narrow_screen(context_of: Callable[..., BrowserContext]) -> None:
    campaign = draft()
    later = timezone.now() + timedelta(hours=3)
    translation_requests.ask(campaign, ["ar"], deadline=later, by=campaign.created_by, at=timezone.now())
    page = context_of(user("ali"), width=360, java_script_enabled=False).new_page()

    page.goto(f"/console/campaigns/{campaign.pk}/translate/ar/")
    fill(page)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("is in the source but missing here. Insert it.").first).to_be_visible()
    page.get_by_label("Text in the app (Arabic)").fill("اقرأ هذا يوم {date:2026-12-01}")
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("Handed in: the texts in Arabic.")).to_be_visible()

    assert TranslationRequest.objects.get().state == "returned"
