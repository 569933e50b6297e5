"""The transparency page in a browser: accessible, in any theme and width, without scripts, without styles and on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from content.assurance.record import record_assurance
from content.models import Channel, Service
from content.models.assurance import Method
from content.publishing.publish import publish
from tests import make
from tests.browser.accessible import faults_of, looks
from tests.browser.conftest import listen

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def everything(transactional_db: None) -> None:
    """Publish entries in every state that the page knows."""
    at = timezone.now()
    make.small_content()
    make.service("gb-arabic", name="خط مساعدة الأطفال", channels=0)
    make.channel(Service.objects.get(pk="gb-arabic"), dial="0808 800 5000", address="+448088005000")
    long = make.service("gb-long", name="The national service for a very long name of many words and no end in sight", channels=0)
    make.channel(long, type="url", address="https://example.org/" + "a-very-long-address-without-a-space-" * 3)
    for name, method, days in (("gb-line", Method.RUNG, 0), ("gb-emergency", Method.READ, 100), ("gb-long", Method.OPENED, 3)):
        then = at - timedelta(days=days)
        check: dict[str, Any] = {"by": make.checker(), "at": then, "method": method, "until": (then + timedelta(days=90)).date()}
        record_assurance(Channel.objects.get(service=name), **check)
    for name in ("gb-expired", "gb-closed", "gb-3018"):
        make.service(name, name=f"The line {name}")
    then = at - timedelta(days=100)
    record_assurance(Channel.objects.get(service="gb-expired"), by=make.checker(), at=then, method=Method.RUNG, until=then.date())
    make.service_facts("gb-closed", at=at, status="temporarily closed")
    make.service_facts("gb-3018", at=at, status="defunct")
    release = make.compile_release(by=make.person("compiler", "publisher"), at=at)
    publish(release, by=make.checker(), at=at)


@pytest.fixture(autouse=True)
def _drafts_are_served(settings: object) -> None:
    settings.SERVE_UNREVIEWED = True  # type: ignore[attr-defined]


def see(page: Page) -> None:
    answer = page.goto("/trust/GB")
    assert answer is not None
    assert answer.status == 200


def test_it_is_accessible_and_fits_its_window(context_of: Callable[..., BrowserContext], complaints: list[str]) -> None:
    page = listen(context_of().new_page(), complaints)

    see(page)

    for scheme, width in looks(page, widths=(320, 1280)):
        assert faults_of(page, scheme, width) == []
    assert complaints == []


def test_it_works_without_scripts_and_without_its_style_sheet(context_of: Callable[..., BrowserContext]) -> None:
    context = context_of(java_script_enabled=False)
    context.route("**/*.css", lambda route: route.abort())
    page = context.new_page()

    see(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("What we list: United Kingdom")
    expect(page.get_by_role("listitem").filter(has_text="called or texted the number").first).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="temporarily closed")).to_be_visible()
    expect(page.get_by_text("A service whose name contains its number or address")).to_be_visible()


def test_on_paper_it_is_black_on_white_and_keeps_services_whole(context_of: Callable[..., BrowserContext]) -> None:
    page = context_of(scheme="dark").new_page()
    see(page)
    page.emulate_media(media="print", color_scheme="dark")

    style = page.evaluate("(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))")

    assert style == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.locator(".service").first.evaluate("box => getComputedStyle(box).breakInside") == "avoid"
    expect(page.get_by_role("navigation")).to_be_hidden()


def test_a_number_keeps_its_order_beside_a_right_to_left_name(context_of: Callable[..., BrowserContext]) -> None:
    page = context_of().new_page()

    see(page)

    name = page.get_by_role("heading", name="خط مساعدة الأطفال").locator("bdi")
    assert name.evaluate("part => getComputedStyle(part).unicodeBidi") == "isolate"
    expect(page.locator(".number", has_text="0808 800 5000")).to_have_text("\u20660808 800 5000\u2069")
