"""Two people with their browsers approve a campaign, translate and approve a text, and stop a campaign."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from content.models import Target
from core.models import User
from core.states import advance
from notifications.models import Campaign
from tests import make
from tests.browser.conftest import PASSWORD, listen, sign_in

pytestmark = pytest.mark.browser


def with_password(person: User) -> User:
    person.set_password(PASSWORD)
    person.save()
    return person


def write_task_by_task(ada: Page) -> None:
    """Start an urgent warning, fill in each task, and submit it."""
    ada.get_by_role("navigation", name="Console").get_by_role("link", name="Campaigns").click()
    ada.get_by_role("link", name="Write a campaign").click()
    ada.get_by_label("Name of the campaign").fill("Half-term warning")
    ada.get_by_label("Urgent warning").check()
    ada.get_by_role("button", name="Start").click()
    ada.get_by_role("link", name="Who", exact=True).click()
    ada.get_by_role("group", name="Readers").get_by_label("Parents").check()
    ada.get_by_label("In these countries").check()
    ada.get_by_role("group", name="Countries", exact=True).get_by_label("United Kingdom").check()
    ada.get_by_label("Readers of every language").check()
    ada.get_by_role("button", name="Save").click()
    ada.get_by_role("link", name="Words", exact=True).click()
    ada.get_by_role("link", name="English, the main language").click()
    ada.get_by_label("Lock screen title").fill("New advice in the app")
    expect(ada.get_by_text("21 of 65 characters")).to_be_visible()
    expect(ada.locator('.light [data-shows="outer_title"]').first).to_have_text("New advice in the app")
    ada.get_by_label("Lock screen text").fill("Take two minutes to read it.")
    ada.get_by_label("Title in the app").fill("If someone makes threats")
    ada.get_by_label("Text in the app").fill("Do not pay. It is never their fault.")
    expect(ada.get_by_text("What you typed is kept since")).to_be_visible()
    ada.reload()
    expect(ada.get_by_label("Title in the app")).to_have_value("If someone makes threats")
    ada.get_by_role("button", name="Save", exact=True).click()
    ada.get_by_role("link", name="Back to the list").click()
    ada.get_by_role("link", name="Help", exact=True).click()
    ada.get_by_label("The gb-line service").check()
    ada.get_by_label("Tip that opens for parents").select_option("for-parents")
    ada.get_by_role("button", name="Save").click()
    ada.get_by_role("link", name="When", exact=True).click()
    expect(ada.get_by_label("Time on each phone")).to_be_hidden()
    ada.get_by_label("Phones get the alert at night").check()
    ada.get_by_label("Why it cannot wait").fill("A child is in danger.")
    ada.get_by_role("button", name="Save").click()
    ada.get_by_role("link", name="Check and submit").click()
    ada.get_by_role("button", name="Submit for approval").click()


def test_an_author_writes_a_campaign_and_an_approver_approves_it(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    make.small_content()
    make.tip("for-parents", audiences=["parent"])
    make.app()
    make.installations(25)
    with_password(make.person("ada", "campaign-author"))
    with_password(make.person("ben", "campaign-approver", locales=("en",)))

    ada = listen(context_of().new_page(), complaints)
    sign_in(ada, "ada")
    write_task_by_task(ada)
    expect(ada.get_by_text("You wrote or edited this campaign, so someone else must approve it.")).to_be_visible()

    ben = listen(context_of().new_page(), complaints)
    sign_in(ben, "ben")
    expect(ben.get_by_role("heading", name="To approve: Half-term warning")).to_be_visible()
    ben.get_by_role("link", name="Read and decide").click()
    ben.get_by_role("link", name="Approve…").click()
    expect(ben.get_by_text("This campaign is sent to real readers.")).to_be_visible()
    ben.get_by_label("I have read the English text").check()
    ben.get_by_role("button", name="Approve this live alert").click()
    expect(ben.get_by_text("Approved. It is sent at its time.")).to_be_visible()

    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.created_by.username) == ("approved", "ada")
    assert campaign.approved_by is not None
    assert campaign.approved_by.username == "ben"
    assert complaints == []


def test_an_editor_translates_into_arabic_and_another_reader_approves(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    make.world()
    make.service("gb-line", channels=0)
    make.tip(texts={"short": "Talk to {service:gb-line}."}, approved=True)
    with_password(make.person("eva", "localisation-editor", locales=("en", "ar")))
    with_password(make.person("rim", "localisation-reviewer", locales=("en", "ar")))

    eva = listen(context_of().new_page(), complaints)
    sign_in(eva, "eva")
    eva.get_by_role("navigation", name="Console").get_by_role("link", name="Translations").click()
    eva.get_by_role("link", name="Arabic", exact=True).click()
    eva.get_by_role("link", name="Stop and breathe: short answer").click()
    box = eva.get_by_role("textbox", name="Arabic")
    expect(box).to_have_attribute("dir", "rtl")
    assert box.evaluate("box => getComputedStyle(box).direction") == "rtl"
    chip = eva.locator(".fp-text .fp-chip").first
    assert chip.evaluate("chip => getComputedStyle(chip).direction") == "ltr"
    box.fill("تحدث إلى الخط.")
    eva.get_by_role("button", name="Save", exact=True).click()
    expect(eva.get_by_role("listitem").filter(has_text="is in the source but missing here").first).to_be_visible()
    expect(box).to_have_value("تحدث إلى الخط.")
    box.fill("تحدث إلى {service:gb-line}.")
    eva.get_by_role("button", name="Save", exact=True).click()
    expect(eva.get_by_text("You wrote this text, so another person must approve it.")).to_be_visible()

    rim = listen(context_of().new_page(), complaints)
    sign_in(rim, "rim")
    card = rim.get_by_role("listitem").filter(has=rim.get_by_role("heading", name="Arabic to review"))
    card.get_by_role("link", name="Open").click()
    rim.get_by_role("link", name="Stop and breathe: short answer").click()
    rim.get_by_role("button", name="Approve the saved text").click()
    expect(rim.get_by_text("Approved in Arabic: Stop and breathe: short answer.")).to_be_visible()

    target = Target.objects.get()
    assert (target.state, target.text) == ("approved", "تحدث إلى {service:gb-line}.")
    assert complaints == []


def test_a_campaign_is_watched_while_it_is_sent_and_then_stopped(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    campaign, now = make.campaign(state="approved"), timezone.now()
    advance(campaign, "sending", by=User.objects.system(), at=now, frozen_at=now, started_at=now, devices=100, accepted=10)
    page = listen(context_of(make.person("ben", "campaign-approver")).new_page(), complaints)

    page.goto(f"/console/campaigns/{campaign.pk}/")
    expect(page.locator('[data-count="accepted"]')).to_have_text("10")
    tally = {str(campaign.messages.values_list("pk", flat=True)[0]): {"accepted": 64, "unregistered": 2}}
    Campaign.objects.filter(pk=campaign.pk).update(accepted=64, rejected=2, tally=tally)
    expect(page.locator('[data-count="accepted"]')).to_have_text("64")
    expect(page.locator('[data-bar="accepted"]')).to_have_attribute("width", "64")
    expect(page.get_by_text("App removed, or its address expired: 2")).to_be_visible()
    page.get_by_role("link", name="Stop…").click()
    page.get_by_role("button", name="Stop campaign").click()
    expect(page.get_by_text("Stopped. Nothing more of it is sent")).to_be_visible()

    campaign.refresh_from_db()
    assert campaign.state == "stopped"
    assert complaints == []


def test_everything_can_be_done_without_scripts(context_of: Callable[..., BrowserContext]) -> None:
    make.world()
    make.tip()
    make.campaign(state="submitted")
    page = context_of(make.person("ann", "localisation-editor", "campaign-approver"), java_script_enabled=False).new_page()

    page.goto("/console/words/cy/tip.first-hour.title/")
    page.get_by_role("textbox", name="Welsh").fill("Arhoswch")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Another person who reads Welsh must approve it.")).to_be_visible()
    campaign = Campaign.objects.get()
    page.goto(f"/console/campaigns/{campaign.pk}/approve/")
    page.get_by_label("I have read the English text").check()
    page.get_by_role("button", name="Approve this live alert").click()

    campaign.refresh_from_db()
    assert campaign.state == "approved"


def test_a_translation_is_saved_by_keyboard_alone(context_of: Callable[..., BrowserContext]) -> None:
    make.world()
    make.tip()
    page = context_of(make.person("eva", "localisation-editor")).new_page()

    page.goto("/console/words/cy/tip.first-hour.title/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
    page.keyboard.type("Arhoswch")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Another person who reads Welsh must approve it.")).to_be_visible()
    assert Target.objects.get().text == "Arhoswch"
