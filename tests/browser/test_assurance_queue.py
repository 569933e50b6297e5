"""Contact checks in a real browser: by keyboard alone, without scripts, and with an organization's correction link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from content.assurance.record import record_assurance
from content.models import (
    Assurance,
    Channel,
    ChannelRevision,
    CorrectionCount,
    CorrectionLink,
    LinkCheck,
    Organization,
    Release,
    Reply,
)
from content.models.assurance import Method
from content.models.link import LinkResult
from content.publishing.publish import publish
from tests import make
from tests.browser.accessible import faults_of, looks
from tests.browser.conftest import listen

pytestmark = pytest.mark.browser


def tab_to(page: Page, *, name: str = "", role: str = "", most: int = 80) -> None:
    """Press Tab until the element has the focus."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{role} {name!r} is not reached by Tab")


def queued_channels() -> None:
    """Make a helpline that was reported, a page that is gone, and an emergency number."""
    now = timezone.now()
    make.world()
    make.service("gb-line")
    make.emergency()
    make.channel(make.service("gb-page", channels=0, roles=["hotline-csam-report"]), type="url")
    for name in ("gb-line", "gb-page"):
        channel = Channel.objects.select_related("service").get(service=name)
        record_assurance(channel, by=make.checker(), at=now - timedelta(days=2), method=Method.READ, note="Their page says so.")
    for _ in range(6):
        CorrectionCount.objects.report(service="gb-line", position=1, problem="no-answer", at=now)
    LinkCheck.objects.record(Channel.objects.get(service="gb-page").revision_id, result=LinkResult.GONE, at=now, http_status=404)


def test_a_check_is_recorded_by_keyboard_alone(context_of: Callable[..., BrowserContext], complaints: list[str]) -> None:
    queued_channels()
    page = listen(context_of(make.person("asta", "assurer")).new_page(), complaints)

    page.goto("/console/")
    tab_to(page, role="link", name="Contact checks")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Contact checks")).to_be_visible()
    tab_to(page, role="link", name="The gb-line service, 0800 1111")
    page.keyboard.press("Enter")
    expect(page.get_by_text("5 or more reports that it does not work")).to_be_visible()
    tab_to(page, role="combobox", name="How you checked it")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    tab_to(page, role="textbox", name="What you saw or heard")
    page.keyboard.type("A counsellor answered after two rings.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("channel 1 is assured until")).to_be_visible()
    check = Assurance.objects.order_by("-pk")[0]
    assert (check.method, check.note) == ("rung", "A counsellor answered after two rings.")
    assert complaints == []


def test_expired_checks_are_removed_by_keyboard_alone(context_of: Callable[..., BrowserContext], complaints: list[str]) -> None:
    make.small_content()
    make.service("gb-short")
    then = timezone.now() - timedelta(days=100)
    short = Channel.objects.select_related("service").get(service="gb-short")
    record_assurance(short, by=make.checker(), at=then, method=Method.RUNG, note="Answered.")
    published = release_of(then + timedelta(days=1))
    page = listen(context_of(make.person("ann", "publisher")).new_page(), complaints)

    page.goto("/console/releases/lapsed/")
    expect(page.get_by_role("heading", name="What will be removed")).to_be_visible()
    expect(page.get_by_text("Teenagers, parents, educators, bystanders")).to_be_visible()
    tab_to(page, role="button", name="Remove from published packs")
    page.keyboard.press("Enter")

    expect(page.get_by_text("is published without the expired contact details")).to_be_visible()
    assert Release.objects.current().base == published
    assert complaints == []


def release_of(at: object) -> Release:
    from content.compiling.compiler import compile_release

    release = compile_release(by=make.person("compiler", "publisher"), at=at)  # type: ignore[arg-type]
    publish(release, by=make.checker(), at=at)  # type: ignore[arg-type]
    return release


def test_an_organization_corrects_its_entry_without_scripts(
    context_of: Callable[..., BrowserContext], live_server: object
) -> None:
    queued_channels()
    asta = make.person("asta", "assurer")
    url = live_server.url  # type: ignore[attr-defined]
    with override_settings(PUBLIC_URL=url):
        page = context_of(asta, java_script_enabled=False).new_page()
        page.goto("/console/organizations/org/")
        page.get_by_role("button", name="Create correction link").click()
        address = page.locator("code.fp-address").inner_text()
        theirs = context_of(java_script_enabled=False).new_page()
        theirs.goto(address)
        line = theirs.get_by_role("group", name="The gb-line service")
        line.get_by_label("Some details are wrong").check()
        line.locator("summary").click()
        line.get_by_label("Number to dial").fill("0808 800 5002")
        line.get_by_label("Number with its country code").fill("+448088005002")
        theirs.get_by_role("button", name="Send answers").click()
        expect(theirs.get_by_text("Your answers are saved")).to_be_visible()
        assert theirs.context.cookies() == []

        # Who made the link does not take the answer.
        page.goto("/console/services/gb-line/channels/1/")
        expect(page.locator("ins", has_text="0808 800 5002")).to_be_visible()
        expect(page.get_by_role("button", name="Propose this change")).to_have_count(0)
        other = make.person("bo", "assurer")
        page = context_of(other, java_script_enabled=False).new_page()
        page.goto("/console/services/gb-line/channels/1/")
        page.get_by_role("button", name="Propose this change").click()
        expect(page.get_by_text("Nothing changes until a second person approves it.")).to_be_visible()

    assert ChannelRevision.objects.proposed().get().proposed_by == other
    assert Channel.objects.get(service="gb-line").dial == "0800 1111"


def test_the_pages_of_contact_checks_are_accessible_when_full(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    queued_channels()
    asta = make.person("asta", "assurer", "publisher")
    link = CorrectionLink.objects.issue(Organization.objects.get(), by=asta, at=timezone.now())
    revision = Channel.objects.get(service="gb-line").revision_id
    Reply.objects.record(link, revision=revision, answer="correct", values={"cost": "standard"}, at=timezone.now())
    page = listen(context_of(asta).new_page(), complaints)
    found: list[tuple[object, ...]] = []

    for address in (
        "console/desk/",
        "console/services/gb-line/channels/1/",
        "console/organizations/org/",
        f"listed/{link.token()}",
        "listed/x",
    ):
        page.goto(f"/{address}")
        for scheme, width in looks(page):
            found += faults_of(page, address, scheme, width)

    assert found == []
    assert complaints == []
