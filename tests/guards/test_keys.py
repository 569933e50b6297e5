"""Every key of an installation can be replaced as docs/operations.md says, and the page names each of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from content.models import CorrectionLink, Organization
from content.models.correction_link import LINK_DAYS
from content.models.reading_link import MAX_DAYS
from core.errors import NotFound
from tests import make

ROOT = Path(__file__).resolve().parents[2]
KEYS = (ROOT / "docs/operations.md").read_text(encoding="utf-8").partition("\n## Keys\n")[2].partition("\n## ")[0]


def test_every_secret_of_an_installation_is_in_the_page_on_keys() -> None:
    settings = set(re.findall(r"\b[A-Z][A-Z_]*(?:KEYS?|SECRET|PASSWORD|TOKEN)\b", (ROOT / ".env.example").read_text()))

    assert settings >= {"SECRET_KEY", "ADDRESS_KEYS", "DATABASE_PASSWORD", "METRICS_TOKEN", "STAFF_WEBHOOK_KEY"}
    assert {name for name in settings if f"`{name}" not in KEYS} == set()


@pytest.mark.django_db
def test_sessions_and_links_outlive_a_new_secret_key_for_as_long_as_the_earlier_one_is_kept(settings: Any) -> None:
    make.small_content()
    assurer, at = make.person("asta", "assurer"), timezone.now()
    settings.SECRET_KEY = "the earlier one, of more than fifty characters, as settings demand"
    link = CorrectionLink.objects.issue(Organization.objects.get(), by=assurer, at=at)
    token, browser = link.token(), Client()
    browser.force_login(assurer)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new one", [settings.SECRET_KEY]
    assert CorrectionLink.objects.from_token(token, at=at) == link
    assert browser.get("/console/").status_code == 200

    # A session moves to the new key at its next request; a link does not.
    forgotten = Client()
    settings.SECRET_KEY = "the earlier one, of more than fifty characters, as settings demand"
    forgotten.force_login(assurer)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new one", []
    with pytest.raises(NotFound):
        CorrectionLink.objects.from_token(token, at=at)
    assert forgotten.get("/console/").status_code == 302


def test_the_page_keeps_an_earlier_secret_key_as_long_as_a_link_can_last() -> None:
    assert LINK_DAYS <= MAX_DAYS
    assert f"after {MAX_DAYS} days" in " ".join(KEYS.split())
