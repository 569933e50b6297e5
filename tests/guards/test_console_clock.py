"""Pages of the console tell when somebody did something by the reader's clock, and a campaign's plan by the campaign's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import User
from tests import make

ROOT = Path(__file__).resolve().parents[2]
CONSOLES = ("core", "content", "notifications")
#: Files that may name UTC beside another clock, or write a file: the header's clock, a campaign's plan, and the report for a
#: spreadsheet.
NAME_UTC = {"core/console/display.py", "notifications/console/campaign_display.py", "notifications/console/report.py"}
#: A time of day with "UTC" behind it, in Python or in a template.
_IN_UTC = re.compile(r"%H:%M(:%S)?\}? UTC|:[isS]['\"] ?\}\} UTC| \(UTC\)|zoned_text\([^\n]*\"UTC\"\)")
_CLOCK_OF_A_TEMPLATE = re.compile(r"\|(date|time):['\"][^'\"]*[HGhgP]")


def files() -> list[Path]:
    """Return the modules and templates of every console."""
    found = []
    for package in CONSOLES:
        folder = ROOT / package
        found += [*(folder / "console").rglob("*.py"), *(folder / "templates").rglob("*.html")]
    return found


def test_no_page_writes_the_time_of_day_by_itself() -> None:
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files()}

    assert len(texts) > 200
    assert [name for name, text in texts.items() if _IN_UTC.search(text) and name not in NAME_UTC] == []
    assert [name for name, text in texts.items() if _CLOCK_OF_A_TEMPLATE.search(text)] == []


@pytest.mark.django_db
def test_the_time_of_an_act_is_that_of_the_reader_on_every_page_of_a_campaign(client: Client) -> None:
    make.small_content()
    campaign = make.campaign(state="submitted")
    approver = make.campaign_staff()[1]
    User.objects.filter(pk=approver.pk).update(time_zone="Asia/Kolkata")
    client.force_login(User.objects.get(pk=approver.pk))

    for name in ("campaign-approve", "campaign", "campaign-report", "campaign-history"):
        page = client.get(reverse(f"admin:{name}", args=[campaign.pk])).content.decode()
        acts = re.findall(r"<time datetime=[^>]*>([^<]*)</time>", page)
        assert acts or name == "campaign-report", name
        assert [text for text in acts if ":" in text and not text.endswith("Kolkata time")] == [], name
    assert "Kolkata time" in page


@pytest.mark.django_db
def test_a_release_is_scheduled_by_the_clock_of_the_person(client: Client, settings: Any) -> None:
    make.small_content()
    release = make.release(publish=False)
    publisher = make.person("pia", "publisher")
    User.objects.filter(pk=publisher.pk).update(time_zone="Asia/Kolkata")
    client.force_login(User.objects.get(pk=publisher.pk))

    assert "Time to publish (Kolkata time)" in client.get(reverse("admin:release", args=[release.pk])).content.decode()
