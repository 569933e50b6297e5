"""The documents as a site, as the product serves it: accessible in each look, searchable, with its diagrams."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.accessible import faults_of
from tests.browser.conftest import listen
from tools.docs.__main__ import build

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
#: The start, a page of long tables, one of code, and one of diagrams.
PAGES = ("index.html", "push.html", "tutorial.html", "api.html", "states.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents") / "site"
    build(folder)
    return folder


@pytest.fixture
def served(site: Path, settings: Any) -> None:
    settings.DOCS_DIR = str(site)


@pytest.fixture
def page(served: None, context_of: Callable[..., BrowserContext], complaints: list[str]) -> Page:
    return listen(context_of().new_page(), complaints)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_accessible_and_fits_its_window(
    served: None, context_of: Callable[..., BrowserContext], complaints: list[str], name: str, scheme: str
) -> None:
    for width in (390, 1280):
        # The theme chooses its colours by a script, when a page is loaded.
        page = listen(context_of(width=width, scheme=scheme).new_page(), complaints)
        page.goto(f"/docs/{name}")
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", {"light": "default", "dark": "slate"}[scheme])

        assert faults_of(page, scheme, width) == []
    assert complaints == []


def test_diagrams_are_seen_and_described(page: Page, complaints: list[str]) -> None:
    page.goto("/docs/architecture.html")

    diagram = page.get_by_role("img", name="Units, targets, services and channels are compiled")

    expect(diagram).to_be_visible()
    assert diagram.evaluate("one => one.complete && one.naturalWidth > 300")
    expect(page.get_by_text("flowchart")).to_have_count(0)
    assert complaints == []


def test_somebody_finds_a_key_of_a_message(page: Page, complaints: list[str]) -> None:
    page.goto("/docs/")

    page.get_by_role("textbox", name="Search").fill("apns-collapse-id")
    page.locator("a.md-search-result__link[href*='push.html']").first.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Push messages")
    assert complaints == []
