"""The companion in frames of the console: drafts of tips and services, a candidate beside the published release, a campaign."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from content.models import Release, Unit
from core.models import User
from tests import make
from tests.browser.accessible import faults_of
from tests.browser.conftest import listen

pytestmark = pytest.mark.browser

ARABIC = {"title": "الساعة الأولى", "short": "لا تدفع.", "do-now.1": "تنفس.", "do-not.1": "لا تحذف شيئا."}
#: What a frame could reach if it had the origin of the console.
REACHES = """() => {
  const found = [];
  const attempts = {
    origin: () => self.origin !== "null",
    cookies: () => document.cookie !== "",
    storage: () => localStorage.length >= 0,
    console: () => parent.document.title,
  };
  for (const [name, attempt] of Object.entries(attempts)) {
    try { if (attempt()) found.push(name); } catch { /* The browser refuses it. */ }
  }
  return found;
}"""


@pytest.fixture
def editor(db: None, real_labels: None) -> User:
    make.small_content()
    make.release()
    make.target("tip.first-hour.title", "cy", "Arhoswch ac anadlwch", approved=True)
    for part, text in ARABIC.items():
        make.target(f"tip.first-hour.{part}", "ar", text)
    return make.person("eva", "localisation-editor")


@pytest.fixture
def page(context_of: Callable[..., BrowserContext], editor: User, complaints: list[str]) -> Page:
    return listen(context_of(editor, width=1200).new_page(), complaints)


def phones(page: Page, number: int) -> Iterator[FrameLocator]:
    """Yield the frames, once there are so many."""
    expect(page.locator(".fp-preview iframe")).to_have_count(number)
    for place in range(number):
        yield page.frame_locator(".fp-preview iframe").nth(place)


def test_an_editor_sees_a_draft_in_arabic_as_a_reader_would(
    page: Page, complaints: list[str], picture: Callable[[Page, str], None]
) -> None:
    page.goto("/console/tips/first-hour/ar/")
    page.get_by_role("link", name="Show it as a reader sees it").click()

    light, dark, narrow = phones(page, 3)
    for phone in (light, dark, narrow):
        expect(phone.get_by_role("heading", name=ARABIC["title"])).to_be_visible()
        expect(phone.get_by_text(ARABIC["do-now.1"])).to_be_visible()
        expect(phone.locator("html")).to_have_attribute("dir", "rtl")
        # Draft: an approved tip has no such line.
        expect(phone.get_by_text("Draft. Not reviewed yet.")).to_be_visible()
    grounds = [phone.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") for phone in (light, dark)]
    assert grounds == ["rgb(251, 250, 247)", "rgb(20, 23, 29)"]
    assert narrow.locator("html").evaluate("root => [root.clientWidth, root.scrollWidth]") == [320, 320]
    picture(page, "preview-tip")
    assert faults_of(page, "tip") == []
    assert complaints == []


def test_a_frame_has_an_origin_of_its_own_and_leads_nowhere(page: Page, complaints: list[str]) -> None:
    page.goto("/console/services/gb-line/phone/")
    (phone, *_) = phones(page, 3)
    call = phone.get_by_role("link", name="0800 1111")
    expect(call).to_be_visible()

    assert phone.locator("html").evaluate(REACHES) == []
    before = page.url
    call.click()
    phone.locator("#leave").click()
    phone.locator("#leave").press("Escape")
    assert page.url == before
    expect(call).to_be_visible()
    assert len(page.context.pages) == 1
    assert complaints == []


def test_a_link_opens_for_nobody_else_and_not_in_another_page(
    context_of: Callable[..., BrowserContext], page: Page, complaints: list[str], live_server: Any
) -> None:
    page.goto("/console/tips/first-hour/en/phone/")
    path = page.locator(".fp-preview iframe").first.get_attribute("src")
    other = context_of(make.person("oli", "localisation-editor")).new_page()
    outside = context_of().new_page()

    response = other.goto(path or "")
    assert response is not None
    assert response.status == 410
    expect(other.get_by_text("This preview has ended.")).to_be_visible()
    outside.goto(path or "")
    expect(outside.get_by_label("Username")).to_be_visible()
    assert complaints == []

    # A page of another origin, which is of the same site: the browser sends the session to what it frames.
    stranger = page.context.new_page()
    with framing(f"{live_server.url}{path}") as address:
        stranger.goto(address)
        deadline = time.monotonic() + 15
        while not stranger.frames[1].url.startswith("chrome-error:") and time.monotonic() < deadline:
            stranger.wait_for_timeout(100)
    assert stranger.frames[1].url.startswith("chrome-error:")


@contextmanager
def framing(url: str) -> Iterator[str]:
    """Serve a page that frames the URL, and yield its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{url}"></iframe>'.encode())

    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def test_a_publisher_sees_the_candidate_beside_what_is_published(
    context_of: Callable[..., BrowserContext], editor: User, complaints: list[str], picture: Callable[[Page, str], None]
) -> None:
    unit = Unit.objects.get(key="tip.first-hour.title")
    unit.revise(text="Put the phone away", change="cosmetic", by=editor, at=timezone.now(), from_revision=unit.revision)
    make.approve_texts()
    candidate: Release = make.release(publish=False)
    page = listen(context_of(make.person("pol", "publisher"), width=1200).new_page(), complaints)

    page.goto(f"/console/releases/{candidate.number}/preview/")

    published, newer = phones(page, 2)
    expect(newer.get_by_role("heading", name="Put the phone away")).to_be_visible()
    expect(published.get_by_role("heading", name="Stop and breathe")).to_be_visible()
    assert published.get_by_text("Put the phone away").count() == 0
    expect(page.get_by_role("heading", name=f"What differs for these readers from release {candidate.base_id}")).to_be_visible()
    expect(page.get_by_role("heading", name="Put the phone away changed")).to_be_visible()
    picture(page, "preview-release")
    tip, no_voice = newer.locator("details.tip").first, newer.get_by_role("button", name="I cannot speak right now")
    tip.locator("> summary").click()
    no_voice.click()
    expect(no_voice).to_have_attribute("aria-pressed", "true")
    expect(no_voice).to_be_focused()
    expect(tip).to_have_js_property("open", False)
    newer.get_by_role("button", name="Back").click()
    expect(newer.get_by_role("heading", name="What happened?")).to_be_visible()
    assert newer.get_by_role("navigation").count() == 0
    assert faults_of(page, "release") == []
    assert complaints == []


@pytest.mark.parametrize(("age", "expected"), [("", True), ("12", False), ("15", True)])
def test_the_phone_and_the_page_show_the_plan_for_one_reader(
    context_of: Callable[..., BrowserContext], editor: User, complaints: list[str], age: str, expected: bool
) -> None:
    make.service("gb-thirteen", min_age=13, age_measured="now")
    make.approve_texts()
    candidate: Release = make.release(publish=False)
    # The languages of the browser are those of staff: the reader reads that of the pack.
    window = context_of(make.person("pol", "publisher"), width=1200, locale="ar-EG")
    page = listen(window.new_page(), complaints)

    page.goto(f"/console/releases/{candidate.number}/preview/?country=GB&locale=en&situation=blackmail&age={age}")

    _, phone = phones(page, 2)
    expect(phone.get_by_role("link", name="0800 1111").first).to_be_attached()
    on_phone = set(phone.locator("h3, summary").all_text_contents())
    on_page = set(page.locator("details ol > li li > bdi:not(.fp-address)").all_text_contents())
    assert any("The gb-thirteen service" in name for name in on_page) == expected
    assert {name for name in on_phone if "service" in name} == on_page
    assert complaints == []


def test_the_help_of_a_campaign_is_that_for_readers_of_the_place(
    context_of: Callable[..., BrowserContext], editor: User, complaints: list[str]
) -> None:
    make.service("gb-a-wales", regions=["GB-WLS"])
    make.unit("why.regional", "It serves one part of the country.")
    make.approve_texts()
    make.release()
    words = make.definition()["messages"]["en"]
    campaign = make.campaign(
        state="draft", services=["gb-a-wales"], messages={"en": words | {"variants": {"GB-WLS": words}}}, reached=False
    )
    page = listen(context_of(make.person("ann", "campaign-author"), width=1200).new_page(), complaints)
    reasons = []

    for query in ("", "?region=GB-WLS"):
        page.goto(f"/console/campaigns/{campaign.pk}/phones/{query}")
        (phone, *_) = phones(page, 3)
        expect(phone.get_by_role("heading", name="The gb-a-wales service")).to_be_visible()
        reasons.append(phone.locator(".reasons li").all_text_contents())

    # Where the place is not known, a service for one part of the country is not the first one, so no reason is given for it.
    assert reasons == [[], ["It serves one part of the country."]]
    assert complaints == []


def test_campaign_staff_see_the_alert_with_its_help_inside_the_app(
    context_of: Callable[..., BrowserContext], editor: User, complaints: list[str], picture: Callable[[Page, str], None]
) -> None:
    make.tip("hour", audiences=["parent"], texts={"title": "The first hour"})
    make.approve_texts()
    make.release()
    texts = make.definition()["messages"]["en"]
    arabic = {"outer": {"title": "نصائح", "body": "اقرأها."}, "inner": {"title": "تهديدات", "body": "لا تدفع."}}
    campaign: Any = make.campaign(state="submitted", messages={"en": texts, "ar": arabic}, tips={"parent": "hour"})
    page = listen(context_of(make.person("ann", "campaign-author"), width=1200).new_page(), complaints)
    page.goto(f"/console/campaigns/{campaign.pk}/")
    page.get_by_role("link", name="On the phones").click()

    expect(page.locator(".fp-handset.android .fp-bubble").first).to_contain_text("New advice in the app")
    expect(page.locator(".fp-handset.app")).to_have_count(0)
    for phone in phones(page, 3):
        expect(phone.get_by_role("heading", name=texts["inner"]["title"])).to_be_visible()
        expect(phone.get_by_role("heading", name="The first hour")).to_be_visible()
        expect(phone.get_by_role("link", name="0800 1111")).to_be_visible()
    picture(page, "preview-campaign")
    assert faults_of(page, "campaign") == []

    page.get_by_label("Language").select_option("ar")
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    (phone, *_) = phones(page, 3)
    expect(phone.get_by_role("heading", name="تهديدات")).to_have_attribute("dir", "rtl")
    assert complaints == []


def test_without_scripts_the_texts_are_on_the_page_around_each_phone(
    context_of: Callable[..., BrowserContext], editor: User
) -> None:
    campaign = make.campaign(state="draft", reached=False)
    page = context_of(make.person("amy", "campaign-author", "localisation-editor"), java_script_enabled=False).new_page()
    expected = {
        "/console/tips/first-hour/en/phone/": "You are not alone.",
        "/console/services/gb-line/phone/": "Talk to someone who listens.",
        f"/console/campaigns/{campaign.pk}/phones/": make.definition()["messages"]["en"]["inner"]["body"],
    }

    for path, text in expected.items():
        page.goto(path)
        expect(page.locator(".fp-preview iframe")).to_have_count(3)
        for summary in page.locator("summary", has_text="without the phone").all():
            summary.click()
        expect(page.get_by_text(text).first).to_be_visible()
