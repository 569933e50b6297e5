"""Short-term notices in a real browser: by keyboard alone, without scripts, and accessible."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect

from content.models import Release, Service, ServiceNotice
from content.publishing.notices import end_notice
from tests import make
from tests.browser.accessible import faults_of, looks
from tests.browser.conftest import listen
from tests.browser.test_assurance_queue import tab_to

pytestmark = pytest.mark.browser


def published_kinds() -> list[str]:
    """Return the kinds of the helpline's notices in the published British pack."""
    body = make.pack_body(Release.objects.current(), "GB", "en")[1]  # type: ignore[index]
    return [n["kind"] for s in json.loads(body)["services"] if s["id"] == "gb-line" for n in s["notices"]]


def test_a_notice_is_proposed_approved_and_ended_by_keyboard_alone(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    make.small_content()
    make.service_facts("gb-line", zone="Europe/London")
    make.release()
    asta = listen(context_of(make.person("asta", "assurer")).new_page(), complaints)
    boris = listen(context_of(make.person("boris", "assurer")).new_page(), complaints)

    asta.goto("/console/services/gb-line/")
    tab_to(asta, role="link", name="Propose a notice")
    asta.keyboard.press("Enter")
    tab_to(asta, role="radio", name="Label of closed")
    for _ in range(3):
        asta.keyboard.press("ArrowDown")
    tab_to(asta, role="textbox", name="Until")
    # The parts of a date and time in the order of an English browser.
    asta.keyboard.type((timezone.now() + timedelta(days=2)).strftime("%m%d%Y"))
    asta.keyboard.press("Tab")
    asta.keyboard.type("0600PM")
    tab_to(asta, role="textbox", name="Source")
    asta.keyboard.type("https://example.org/news")
    asta.keyboard.press("Enter")
    expect(asta.get_by_text("Readers do not see it until a second person approves it.")).to_be_visible()
    expect(asta.get_by_text("You proposed this, so another person must approve it.")).to_be_visible()
    assert published_kinds() == []

    boris.goto("/console/desk/")
    expect(boris.get_by_text("1 notice needs a second person.")).to_be_visible()
    tab_to(boris, role="link", name="View it")
    boris.keyboard.press("Enter")
    expect(boris.get_by_text("While it is in force, this channel counts as closed.")).to_be_visible()
    tab_to(boris, role="button", name="Approve")
    boris.keyboard.press("Enter")
    expect(boris.get_by_text("which changes nothing else")).to_be_visible()
    assert published_kinds() == ["channel-down"]
    notice = ServiceNotice.objects.get()
    assert (notice.position, notice.until_at.astimezone(timezone.get_default_timezone()).hour) == (1, 18)

    tab_to(boris, role="button", name="End now")
    boris.keyboard.press("Enter")
    expect(boris.get_by_text("Ended by boris")).to_be_visible()
    assert published_kinds() == []
    assert complaints == []


def test_without_scripts_a_refused_form_keeps_its_values(context_of: Callable[..., BrowserContext]) -> None:
    make.small_content()
    page = context_of(make.person("asta", "assurer"), java_script_enabled=False).new_page()
    soon = timezone.now() + timedelta(days=40)

    page.goto("/console/services/gb-line/notice/")
    page.get_by_role("radio", name="Label of long waits").check()
    page.get_by_label("Until").fill(soon.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Source").fill("https://example.org/news")
    page.get_by_role("button", name="Propose").click()

    expect(page.get_by_text("A notice must end within 31 days")).to_be_visible()
    expect(page.get_by_role("radio", name="Label of long waits")).to_be_checked()
    expect(page.get_by_label("Source")).to_have_value("https://example.org/news")
    expect(page.get_by_label("Until")).to_have_value(soon.strftime("%Y-%m-%dT%H:%M"))
    assert not ServiceNotice.objects.exists()


def test_full_pages_are_accessible_in_both_directions(context_of: Callable[..., BrowserContext], complaints: list[str]) -> None:
    make.small_content()
    now = timezone.now()
    make.channel(Service.objects.get(pk="gb-line"), type="url", address=f"https://example.org/{'long' * 30}")
    make.notice(at=now, kind="long-waits")
    make.notice(at=now, kind="channel-down", position=2, from_at=now + timedelta(hours=1))
    end_notice(make.notice(at=now, kind="hours-changed"), by=make.checker(), at=now)
    asta = make.person("asta", "assurer")
    make.notice(at=now, approved=False)
    make.notice(at=now, approved=False, by=asta, kind="channel-down", position=1)
    page = listen(context_of(asta).new_page(), complaints)
    found: list[tuple[object, ...]] = []

    for address in ("notices/", "services/gb-line/notice/", "services/gb-line/", "desk/"):
        for way in ("ltr", "rtl"):
            page.goto(f"/console/{address}")
            page.evaluate("way => document.documentElement.dir = way", way)
            for scheme, width in looks(page):
                found += faults_of(page, address, way, scheme, width)

    assert found == []
    assert complaints == []
