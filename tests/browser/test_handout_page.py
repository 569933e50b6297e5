"""Handouts in Chromium: accessible in any theme, on a phone and on paper, on one sheet, with a QR code that can be read."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from api.reads import edition_store
from content.terms import Handout
from tests.browser.accessible import axe_violations, faults_of, looks
from tests.browser.conftest import listen
from tests.packs import Packs, publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLACES = (
    *(("GB", locale) for locale in ("en", "ar", "de", "ml", "th", "si")),
    *(("FR", "ur"), ("IN", "hi"), ("AE", "ar"), ("ZZ", "en")),
)
PAPERS = ("A4", "Letter")


@pytest.fixture(autouse=True)
def _published(real_packs: Packs, transactional_db: None) -> None:
    edition_store.store.clear()
    publish(real_packs, PLACES)


def see(page: Page, place: tuple[str, str], slug: str) -> None:
    answer = page.goto(f"/handout/{place[0]}/{place[1]}/{slug}")
    assert answer is not None
    assert answer.status == 200


def pages(pdf: bytes) -> int:
    streams = [pdf]
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            streams.append(zlib.decompress(match[1]))
        except zlib.error:
            continue
    return sum(len(re.findall(rb"/Type\s*/Page\b(?!s)", stream)) for stream in streams)


@pytest.mark.parametrize("place", [("GB", "en"), ("GB", "ar")])
def test_it_is_accessible_and_fits_its_window(
    context_of: Callable[..., BrowserContext], complaints: list[str], place: tuple[str, str]
) -> None:
    page = listen(context_of().new_page(), complaints)

    for slug in Handout.values:
        see(page, place, slug)
        for scheme, width in looks(page):
            assert faults_of(page, slug, scheme, width) == []
    assert complaints == []


def test_on_paper_it_is_accessible_and_black_on_white(context_of: Callable[..., BrowserContext]) -> None:
    page = context_of(scheme="dark").new_page()
    see(page, ("GB", "en"), "for-home")
    page.emulate_media(media="print", color_scheme="dark")

    colours = page.evaluate(
        "[...new Set([...document.querySelectorAll('body, body *')]"
        ".filter(e => !e.closest('svg')).map(e => getComputedStyle(e).color))]"
    )

    assert colours == ["rgb(0, 0, 0)"]
    assert axe_violations(page) == []


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_it_prints_on_one_sheet(context_of: Callable[..., BrowserContext], place: tuple[str, str]) -> None:
    page = context_of().new_page()
    counts = {}

    for slug in Handout.values:
        see(page, place, slug)
        for paper in PAPERS:
            counts[slug, paper] = pages(page.pdf(format=paper, prefer_css_page_size=False))

    assert counts == {(slug, paper): 1 for slug in Handout.values for paper in PAPERS}


@pytest.mark.parametrize("place", [("GB", "en"), ("GB", "ar")], ids="-".join)
def test_its_qr_code_leads_to_its_address(
    context_of: Callable[..., BrowserContext], settings: Any, tmp_path: Path, place: tuple[str, str]
) -> None:
    reader = shutil.which("zbarimg")
    assert reader, "zbarimg is missing: apt-get install zbar-tools"
    settings.PUBLIC_URL = "https://help.example"
    page = context_of(scheme="dark").new_page()
    see(page, place, "for-school")

    page.locator(".code").screenshot(path=tmp_path / "code.png")

    found = subprocess.run([reader, "-q", "--raw", tmp_path / "code.png"], capture_output=True, text=True)
    assert found.stdout.strip() == f"https://help.example/handout/{'/'.join(place)}/for-school"


def test_it_can_be_read_without_its_style_sheet_and_without_scripts(context_of: Callable[..., BrowserContext]) -> None:
    context = context_of(java_script_enabled=False)
    context.route("**/*.css", lambda route: route.abort())
    page = context.new_page()

    see(page, ("GB", "en"), "for-home")

    assert page.get_by_role("link", name="999").get_attribute("href") == "tel:999"
    assert page.get_by_role("heading", level=1).inner_text() == "If something goes wrong online: for families"
