"""The task list of a campaign in a browser: accessible, no wider than its window, before and after an act, without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect

from notifications.campaigns import draft_tasks
from notifications.campaigns.presets import PRESETS
from notifications.models import Campaign, DraftTask
from tests import make
from tests.browser.accessible import faults_of
from tests.browser.conftest import listen

pytestmark = pytest.mark.browser

TASKS = (
    *("edit/", "purpose/", "who/", "words/", "words/en/", "words/ar/", "words/en/teen/"),
    *("help/", "when/", "check/", "delete/", "autosave/"),
)


def drafts() -> tuple[Campaign, Campaign]:
    """Make an empty draft, and one with problems and a caution in two languages."""
    author, _ = make.campaign_staff()
    empty = draft_tasks.start(PRESETS["broadcast"], "An empty draft", key=uuid4(), by=author, at=timezone.now())
    texts = make.definition()["messages"]["en"]
    arabic = {"outer": {"title": "نصائح", "body": "اقرأها."}, "inner": {"title": "تهديدات", "body": "لا تدفع."}}
    harmful = {**texts, "inner": {"title": "For every victim", "body": "Save the picture as evidence."}}
    written = make.campaign(
        state="draft",
        messages={"en": {**harmful, "variants": {"teen": texts}}, "ar": arabic},
        audience={"countries": ["GB", "FR"], "audiences": ["parent", "teen"]},
    )
    return empty, written


@pytest.fixture
def content() -> None:
    make.world()
    make.service("gb-line")
    make.service("fr-line", country="FR")
    make.tip(audiences=["parent", "teen"])
    make.app()
    make.installations(25)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_every_task_page_is_accessible_and_fits_its_window(
    context_of: Callable[..., BrowserContext], complaints: list[str], content: None, scheme: str, width: int
) -> None:
    author, _ = make.campaign_staff()
    page = listen(context_of(author, width=width, scheme=scheme).new_page(), complaints)
    found: list[Any] = []

    for campaign in drafts():
        for task in TASKS:
            if task.endswith("/teen/") and "teen" not in campaign.audiences:
                continue
            address = f"/console/campaigns/{campaign.pk}/{task}"
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            found += faults_of(page, address)
    for task in ("purpose/", "who/", "help/", "when/"):
        page.goto(f"/console/campaigns/{Campaign.objects.earliest('pk').pk}/{task}")
        if task == "when/":
            page.get_by_label("Phones wait until 08:00 by their own clock").check()
        page.get_by_role("button", name="Save", exact=True).click()
        page.locator(".messagelist").wait_for()
        found += faults_of(page, f"{task} after saving")

    assert found == []
    assert complaints == []


def test_a_conflict_shows_both_versions_and_is_accessible(
    context_of: Callable[..., BrowserContext], complaints: list[str], content: None
) -> None:
    author, _ = make.campaign_staff()
    empty, _ = drafts()
    page = listen(context_of(author).new_page(), complaints)
    page.goto(f"/console/campaigns/{empty.pk}/words/en/")
    theirs: Any = {"outer": {"title": "Theirs", "body": "b"}, "inner": {"title": "t", "body": "b"}}
    version = draft_tasks.version(empty, DraftTask.WORDS, locale="en")
    draft_tasks.save_text(empty, "en", theirs, from_version=version, by=make.person("o", "campaign-author"), at=timezone.now())

    page.get_by_label("Lock screen title").fill("Mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Someone else has saved this task")).to_be_visible()
    found = faults_of(page, "conflict")
    page.get_by_role("button", name="Save my version").click()
    expect(page.get_by_label("Lock screen title")).to_have_value("Mine")
    empty.refresh_from_db()

    assert found == []
    assert empty.words["en"]["outer"]["title"] == "Mine"
    assert complaints == []


def test_a_draft_is_written_without_scripts(context_of: Callable[..., BrowserContext], content: None) -> None:
    author, _ = make.campaign_staff()
    page = context_of(author, java_script_enabled=False).new_page()

    page.goto("/console/campaigns/new/")
    page.get_by_label("Name of the campaign").fill("Half-term warning")
    page.get_by_label("Awareness").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("link", name="When", exact=True).click()
    expect(page.get_by_label("Time on each phone")).to_be_visible()
    expect(page.get_by_label("To the second")).to_be_hidden()
    page.get_by_label("As soon as it is approved").check()
    page.get_by_label("Phones wait until 08:00 by their own clock").check()
    expect(page.get_by_label("Time on each phone")).to_be_hidden()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved: when.")).to_be_visible()
    page.get_by_role("link", name="Words", exact=True).click()
    page.get_by_role("link", name="English, the main language").click()
    page.get_by_label("Lock screen title").fill("New advice")
    page.get_by_text("Insert a date, a time, an age or a service").click()
    page.get_by_label("Value").fill("13")
    page.get_by_label("Insert", exact=True).select_option("age")
    page.get_by_label("Into").select_option("outer_title")
    page.get_by_role("button", name="Insert", exact=True).click()
    expect(page.get_by_label("Lock screen title")).to_have_value("New advice{age:13}")
    expect(page.locator('.light [data-shows="outer_title"]').first).to_have_text("New advice13")

    assert Campaign.objects.get().open_tasks == ["who", "words", "help"]
