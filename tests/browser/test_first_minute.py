"""The first minute of a sandbox: approve the campaign that waits, see it on three phones, open it, and find tip and help."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from notifications.campaigns import lifecycle
from notifications.models import Campaign
from tests import make
from tests.browser.accessible import faults_of, looks
from tests.browser.conftest import PASSWORD, listen
from tests.browser.people import Person
from tests.browser.story_servers import HELP, StoryServers, write_content
from tests.faults.workers import Workers, end_connections
from tests.processes import Emulator
from tools.sandbox.demo_campaign import WAITING_TEXTS, waiting_campaign

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

TIP = "first-hour-parents"
TITLES = {"en": "The first hour", "ar": "الساعة الأولى", "cy": "Yr awr gyntaf"}
LANGUAGES = ("Arabic", "English", "Welsh")
#: Seconds from the approval until the last phone shows the card. The scheduler and the feed look every few seconds.
SOON = 60


@pytest.fixture
def servers(
    live_server: Any, running_emulator: Emulator, settings: Any, tmp_path: Path, real_labels: None
) -> Iterator[StoryServers]:
    """Start a worker and its beat, publish a release, and register phones in the three languages."""
    running_emulator.reset()
    settings.SANDBOX, settings.FCM_ENDPOINT = True, running_emulator.url
    settings.FIREBASE_PROJECTS = {running_emulator.project: str(running_emulator.credentials_file)}
    write_content(running_emulator.project)
    for locale in ("ar", "cy"):
        for part in ("title", "short", "do-now.1", "do-not.1"):
            text = TITLES[locale] if part == "title" else {"ar": "لا تدفع.", "cy": "Peidiwch â thalu."}[locale]
            make.target(f"tip.{TIP}.{part}", locale, text, approved=True)
    make.approve_texts()
    make.release()
    workers = Workers(tmp_path, running_emulator)
    found = StoryServers(live_server.url, running_emulator)
    try:
        workers.start_beat()
        workers.start()
        for locale in WAITING_TEXTS:
            found.register(20, country="GB", region=None, locale=locale, zone="Europe/London", audience="parent")
        yield found
    finally:
        found.web.close()
        workers.end()
        end_connections()


@pytest.fixture
def waiting(servers: StoryServers) -> Campaign:
    """Submit the campaign of the sandbox, with the help and the tip of this test."""
    author = make.person("amina", "campaign-author")
    document = json.loads(waiting_campaign()) | {"services": ["gb-line"], "tips": {"parent": TIP}}
    campaign = lifecycle.draft(document, by=author, at=timezone.now())
    # As ./run does: no caution is answered.
    lifecycle.submit(campaign, by=author, at=timezone.now())
    return campaign


def test_the_first_minute(
    context_of: Callable[..., BrowserContext],
    waiting: Campaign,
    complaints: list[str],
    picture: Callable[[Page, str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    david = make.person("david", "campaign-approver")
    david.set_password(PASSWORD)
    david.save()
    window = context_of(width=1280)
    window.set_default_timeout(60_000)
    start = listen(window.new_page(), complaints)
    start.goto("/")
    expect(start.get_by_text("No alert yet.")).to_have_count(3)
    faults = [fault for scheme, width in looks(start, widths=(320, 1280)) for fault in faults_of(start, "start", scheme, width)]

    with window.expect_page() as opened:
        start.get_by_role("link", name="in the console").click()
    person = Person(listen(opened.value, complaints))
    person.sign_in_here("david", PASSWORD)
    for language in LANGUAGES:
        person.tick(f"I have read the {language} text, and it is right.")
    start.bring_to_front()
    began = time.monotonic()
    person.press("Approve this live alert")

    cards = {locale: start.locator(f'.phone[data-locale="{locale}"] .card') for locale in WAITING_TEXTS}
    for locale, card in cards.items():
        expect(card).to_contain_text(WAITING_TEXTS[locale][0], timeout=SOON * 1000)
    shown_after = time.monotonic() - began
    for card in cards.values():
        expect(card).to_be_enabled(timeout=SOON * 1000)
    opened_after = time.monotonic() - began
    expect(cards["ar"]).to_have_attribute("dir", "rtl")
    faults += [fault for scheme, width in looks(start, widths=(320, 1280)) for fault in faults_of(start, "cards", scheme, width)]
    start.set_viewport_size({"width": 1200, "height": 900})
    start.emulate_media(color_scheme="light")

    for locale, card in cards.items():
        card.click()
        phone = start.frame_locator(f'.phone[data-locale="{locale}"] iframe')
        expect(phone.get_by_role("heading", name=WAITING_TEXTS[locale][2], level=1)).to_be_visible()
        expect(phone.get_by_role("heading", name=TITLES[locale])).to_be_visible()
        expect(phone.get_by_role("heading", name=HELP["GB"])).to_be_visible()
        expect(phone.get_by_role("link", name="0800 1111").first).to_be_visible()
    picture(start, "first-minute")
    start.locator('.phone[data-locale="cy"]').get_by_role("button", name="Lock this phone").click()
    expect(cards["cy"]).to_be_focused()

    with capsys.disabled():
        print(f"\nAll three cards {shown_after:.1f} s after the approval; each could be opened after {opened_after:.1f} s.")
    assert person.refusals == []
    assert faults == []
    assert complaints == []
