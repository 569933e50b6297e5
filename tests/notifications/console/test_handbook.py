"""The help of the console: the sections of the document, a search, and the links from each page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from core.console.pages import ROUTES
from notifications.console import handbook
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signed_in(client: Client) -> None:
    client.force_login(make.person("nora", "campaign-author", "campaign-approver"))


def test_the_help_shows_every_section_without_markup_or_commands(client: Client) -> None:
    page = client.get(reverse("admin:help")).content.decode()
    main = page.partition("<main")[2]

    assert {section.id for section in handbook.sections()} >= set(handbook.SECTIONS.values())
    assert "Words on these pages" in main
    assert "<table>" in main
    assert not re.search(r"\*\*|\]\(|^#|```|\.yaml|campaign-staff\.md", main)
    assert "From the command line" not in main


def test_a_search_finds_the_sections_with_a_word(client: Client) -> None:
    found = client.get(reverse("admin:help"), {"word": "Fingerprint"}).context["sections"]
    nothing = client.get(reverse("admin:help"), {"word": "zeppelin"})

    assert "words-on-these-pages" in {section.id for section in found}
    assert len(found) < len(handbook.sections())
    assert "0 sections with" in nothing.content.decode()


def test_every_page_about_campaigns_links_to_its_own_section(client: Client) -> None:
    names = {
        route.name
        for route in ROUTES
        if re.match(r"campaign|programme|calendar|test-phones|history|stop-everything", route.name)
        # These answer to scripts, downloads and confirmations alone.
        and route.name not in ("campaign-autosave", "campaign-progress", "campaign-delete", "campaign-report-csv")
    }
    campaign = make.campaign(state="submitted")

    page = client.get(reverse("admin:campaign-approve", args=[campaign.pk])).content.decode()

    assert names == set(handbook.SECTIONS)
    assert f'href="{reverse("admin:help")}#approve"' in page
