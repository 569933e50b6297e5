"""Handouts as PDF files: one page in every script, made once, and never at the readers' expense."""

from __future__ import annotations

import re
import sys
import zlib
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from api.pages import handout_pdf
from api.pages.handout_pdf import LETTER_COUNTRIES, RenderBudget
from content.models import Release
from tests.packs import Packs, publish

pytestmark = pytest.mark.django_db
PAGE = "/handout/GB/en/for-home"


@pytest.fixture(autouse=True)
def _fresh(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PUBLIC_URL = "https://help.example"
    handout_pdf.files.clear()
    monkeypatch.setattr(handout_pdf, "budget", RenderBudget(share=1, burst=1000))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the layout, which needs Pango, and return the papers that were laid out."""
    papers: list[str] = []

    def render(page: bytes, paper: str, *, url: str) -> bytes:
        with handout_pdf.budget.spend(page=url):
            papers.append(paper)
        return b"%PDF-1.7 " + paper.encode()

    monkeypatch.setattr(handout_pdf, "_render", render)
    return papers


def pages(pdf: bytes) -> int:
    """Count the pages: page objects are in the file as they are, or in compressed object streams."""
    streams = [pdf]
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            streams.append(zlib.decompress(match[1]))
        except zlib.error:
            continue
    return sum(len(re.findall(rb"/Type\s*/Page\b(?!s)", stream)) for stream in streams)


def test_each_file_is_made_once(api: Client, release: Release, made: list[str]) -> None:
    first, second, letter = (api.get(f"{PAGE}.pdf{query}") for query in ("", "?paper=a4", "?paper=letter"))

    assert made == ["a4", "letter"]
    assert first.content == second.content != letter.content
    assert first["Content-Type"] == "application/pdf"
    assert first["Content-Disposition"] == 'inline; filename="for-home-GB-en-a4.pdf"'
    again = api.get(f"{PAGE}.pdf", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert api.head(f"{PAGE}.pdf").content == b""


def test_letter_is_the_default_where_it_is_usual(api: Client, real_packs: Packs, made: list[str]) -> None:
    publish(real_packs, [("GB", "en"), ("US", "en"), ("ZZ", "en")])

    api.get("/handout/US/en/for-home.pdf")
    api.get(f"{PAGE}.pdf")

    assert made == ["letter", "a4"]
    assert "US" in LETTER_COUNTRIES


def test_another_paper_is_refused(api: Client, release: Release, made: list[str]) -> None:
    assert api.get(f"{PAGE}.pdf?paper=a3").status_code == 400
    assert made == []


def test_without_pango_the_answer_names_the_page(api: Client, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handout_pdf, "pdf_maker", lambda: None)

    response = api.get(f"{PAGE}.pdf")

    assert response.status_code == 503
    assert response.json()["page"] == f"https://help.example{PAGE}"
    assert response.json()["detail"].startswith("This server cannot make PDF files.")
    assert api.get(PAGE).status_code == 200


def test_the_library_counts_as_missing_where_it_cannot_load_pango(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> object:
        raise OSError("cannot load library 'libpango-1.0-0'")

    handout_pdf.pdf_maker.cache_clear()
    monkeypatch.setattr(handout_pdf, "import_module", refuse)
    try:
        assert handout_pdf.pdf_maker() is None
        found = [check.id for check in run_checks(tags=["fingerpost"], include_deployment_checks=True)]
        assert found == ["fingerpost.W008"]
    finally:
        handout_pdf.pdf_maker.cache_clear()


@pytest.mark.slow
def test_a_server_start_does_not_import_the_library() -> None:
    import subprocess

    code = "import django, sys; django.setup(); import config.urls; sys.exit('weasyprint' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_new_files_take_a_bounded_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("api.pages.handout_pdf.time.monotonic", lambda: clock[0])
    budget = RenderBudget(share=0.1, burst=5)

    def render() -> bool:
        try:
            with budget.spend(page="/"):
                clock[0] += 0.5
        except handout_pdf.PdfBusy:
            return False
        return True

    assert [render() for _ in range(20)].count(True) == 12
    spent = 0.0
    for _ in range(1000):
        clock[0] += 0.5
        spent += 0.5 * render()
    assert spent / 500 < 0.12


def test_a_second_caller_does_not_wait_for_the_first() -> None:
    budget = RenderBudget(share=1, burst=1)

    with budget.spend(page="/"), pytest.raises(handout_pdf.PdfBusy) as refused, budget.spend(page="/here"):
        pass

    assert refused.value.extra == {"retry_after": 1, "page": "/here"}


def test_a_busy_server_still_serves_what_it_holds(api: Client, release: Release, made: list[str], monkeypatch: Any) -> None:
    held = api.get(f"{PAGE}.pdf")
    monkeypatch.setattr(handout_pdf, "budget", RenderBudget(share=0.1, burst=-1))

    assert api.get(f"{PAGE}.pdf").content == held.content
    refused = api.get("/handout/GB/cy/for-home.pdf")
    assert (refused.status_code, refused.json()["page"]) == (503, "https://help.example/handout/GB/cy/for-home")
    assert int(refused["Retry-After"]) > 1
    assert api.get("/handout/GB/cy/for-home").status_code == 200


@pytest.mark.services
def test_the_file_has_one_page_and_is_the_same_each_time(api: Client, release: Release) -> None:
    first = api.get(f"{PAGE}.pdf")
    handout_pdf.files.clear()
    second = api.get(f"{PAGE}.pdf")

    assert first.content.startswith(b"%PDF-")
    assert pages(first.content) == 1
    assert first.content == second.content


@pytest.mark.services
def test_nothing_is_fetched_for_a_file(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a request was made")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("urllib.request.OpenerDirector.open", refuse)
    page = b'<html lang="en"><title>T</title><img src="https://x.example/a.png" alt="a"><img src="file:///etc/passwd" alt="b">'

    made = handout_pdf._render(
        page + b'<link rel="stylesheet" href="http://x.example/a.css"></html>', "a4", url="https://x.example/"
    )

    assert pages(made) == 1


def long_pages(packs: Packs) -> list[str]:
    """Return the longest pages: those for schools in every country, and all in the country with every locale."""
    everywhere = [place for place in packs if place[1] == "en" or place[0] in ("FR", "GB")]
    pages = [f"/handout/{country}/{locale}/for-school" for country, locale in everywhere]
    return pages + [f"/handout/{country}/{locale}/for-home" for country, locale in everywhere if country in ("FR", "GB")]


@pytest.mark.services
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_every_locale_and_every_country_fits_on_one_page(api: Client, real_packs: Packs, paper: str) -> None:
    publish(real_packs, [*real_packs])
    # Letter is the lower sheet, so A4 is tried with fewer.
    paths = long_pages(real_packs)[:: 2 if paper == "letter" else 9]

    counts = {path: pages(api.get(f"{path}.pdf?paper={paper}").content) for path in paths}

    assert len(counts) > 10
    assert {path: count for path, count in counts.items() if count != 1} == {}
