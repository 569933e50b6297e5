"""A page about a campaign has one clock, the campaign's, and every other page of the console has that of its reader."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.console.pages import ROUTES
from core.models import User
from notifications.campaigns import draft_entries, programmes
from notifications.models import Campaign
from tests import make

ROOT = Path(__file__).resolve().parents[2]
CONSOLES = ("core", "content", "notifications")
#: The report for a spreadsheet.
NAME_UTC = {"notifications/console/report.py"}
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


#: A time of day of a sentence or a cell, with the name of the clock after it.
_TIME_OF_DAY = re.compile(r"\b\d\d:\d\d(?::\d\d)?(?! to |</label>)([^.,;<]{0,40})")


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["submitted", "approved", "sending"])
def test_every_time_on_the_pages_of_a_campaign_is_by_the_clock_of_the_campaign(client: Client, state: str) -> None:
    make.small_content()
    campaign = make.campaign(state=state)
    approver = make.campaign_staff()[1]
    User.objects.filter(pk=approver.pk).update(time_zone="Asia/Kolkata")
    client.force_login(User.objects.get(pk=approver.pk))

    with_times = set()
    for name in ("campaign-approve", "campaign", "campaign-live", "campaign-report", "campaign-history"):
        page = client.get(reverse(f"admin:{name}", args=[campaign.pk])).content.decode()
        main = page.partition("<main")[2].partition("</main>")[0]
        zones = [zone.strip() for zone in _TIME_OF_DAY.findall(re.sub(r'"[^"]*"', "", main))]
        assert [zone for zone in zones if not zone.startswith("London time")] == [], name
        assert " UTC" not in main, name
        with_times |= {name} if zones else set()
    assert with_times >= {"campaign", "campaign-history"} | ({"campaign-approve"} if state == "submitted" else set())


@pytest.mark.slow
def test_every_page_below_a_campaign_has_the_clock_of_the_campaign(client: Client, console_paths: dict[str, str]) -> None:
    draft = Campaign.objects.get(state="draft")
    root = User.objects.create_superuser("root", password=None, locales=["*"], time_zone="Asia/Kolkata")
    draft_entries.keep(draft, "when", {"at": ["noonish"]}, from_version="", by=draft.created_by, at=timezone.now())
    client.force_login(root)
    submitted = Campaign.objects.get(state="submitted")
    paths = {path for route in ROUTES if route.pattern.startswith("campaigns/<int:id>/") for path in [console_paths[route.name]]}
    paths |= {path.replace(f"/{submitted.pk}/", f"/{draft.pk}/") for path in paths}
    assert len(paths) > 40

    with_times = set()
    for path in sorted(paths):
        answer = client.get(path)
        if answer["Content-Type"].startswith("text/html"):
            main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
            assert "Kolkata time" not in main, path
            assert " UTC" not in main, path
            with_times |= {path} if "London time" in main else set()
    assert reverse("admin:campaign-when", args=[draft.pk]) in with_times
    assert console_paths["campaign-translate"] in with_times


@pytest.mark.django_db
def test_a_programme_is_approved_with_each_campaign_by_its_own_clock(client: Client) -> None:
    make.small_content()
    author, approver = make.campaign_staff()
    programme = programmes.create("Two clocks", "", by=author, at=timezone.now())
    zones = {"London": "Europe/London", "Dublin": "Europe/Dublin"}
    for city, zone in zones.items():
        campaign = make.campaign(state="draft", name=f"By the clock of {city}", home={"zone": zone, "locale": "en"})
        programmes.add(programme, campaign, by=author, at=timezone.now())
    programmes.submit(programme, by=author, at=timezone.now())
    User.objects.filter(pk=approver.pk).update(time_zone="Asia/Kolkata")
    client.force_login(User.objects.get(pk=approver.pk))

    page = client.get(reverse("admin:programme-approve", args=[programme.pk])).content.decode()

    parts = page.partition('<div class="fp-decide">')[0].split('<section aria-labelledby="campaign-')[1:]
    assert len(parts) == 2
    for part, city in zip(parts, zones, strict=True):
        # What is left of the section's own tag has an odd number of quotation marks.
        times = _TIME_OF_DAY.findall(re.sub(r'"[^"]*"', "", part.partition(">")[2]))
        assert len(times) > 2
        assert [one for one in times if not one.strip().startswith(f"{city} time")] == []


@pytest.mark.django_db
def test_every_other_page_has_the_clock_of_its_reader(client: Client) -> None:
    make.small_content()
    make.campaign(state="approved")
    approver = make.campaign_staff()[1]
    User.objects.filter(pk=approver.pk).update(time_zone="Asia/Kolkata")
    client.force_login(User.objects.get(pk=approver.pk))

    for name in ("index", "campaigns", "history", "status"):
        page = client.get(reverse(f"admin:{name}")).content.decode()
        assert "Kolkata time" in page, name
        assert "London time" not in page, name


@pytest.mark.django_db
def test_a_release_is_scheduled_by_the_clock_of_the_person(client: Client, settings: Any) -> None:
    make.small_content()
    release = make.release(publish=False)
    publisher = make.person("pia", "publisher")
    User.objects.filter(pk=publisher.pk).update(time_zone="Asia/Kolkata")
    client.force_login(User.objects.get(pk=publisher.pk))

    assert "Time to publish (Kolkata time)" in client.get(reverse("admin:release", args=[release.pk])).content.decode()
