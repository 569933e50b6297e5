"""A server of the companion, and windows on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.companion.window import NEUTRAL, PLACES, neutral
from tests.browser.companion_site import CompanionSite
from tests.packs import Packs


@pytest.fixture(scope="module")
def site() -> Iterator[CompanionSite]:
    found = CompanionSite()
    yield found
    found.close()


@pytest.fixture
def visit(chromium: Browser, site: CompanionSite, real_packs: Packs) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a new window on the companion; the neutral page never leaves this machine."""
    site.publish(real_packs, PLACES)
    opened: list[BrowserContext] = []

    def open_page(*, width: int = 390, locale: str = "en-GB", script: str | None = None, at: datetime | None = None) -> Page:
        context = chromium.new_context(base_url=site.url, viewport={"width": width, "height": 844}, locale=locale)
        opened.append(context)
        context.set_default_timeout(15_000)
        context.route(f"{NEUTRAL}**", neutral)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        if at is not None:
            page.clock.set_fixed_time(at)
        page.goto("/companion/")
        return page

    yield open_page
    for context in opened:
        context.close()
