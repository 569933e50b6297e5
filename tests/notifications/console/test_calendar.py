"""The calendar: by month and week, country and audience, in the person's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core.models import User
from tests import make

pytestmark = pytest.mark.django_db


def at_day(days: int, clock: str = "10:20:30") -> dict[str, str]:
    return {"at": f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}T{clock}Z"}


def planned(name: str, days: int = 2, clock: str = "10:20:30") -> datetime:
    """Make an approved campaign for that day, and return its start."""
    until = (datetime.now(UTC) + timedelta(days=days + 1)).isoformat()
    made = make.campaign(name=name, schedule=at_day(days, clock), not_after=until)
    return datetime.fromisoformat(made.schedule_at)


def calendar(client: Client, **query: str) -> str:
    """Return the table of the page."""
    return client.get(reverse("admin:calendar"), query).content.decode().partition('<table class="fp-calendar"')[2]


def cell(html: str, day: str) -> str:
    """Return the cell of a day, by its title."""
    return html.partition(f'<span class="fp-day-title">{day}')[2].partition("</td>")[0]


def title(day: datetime) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def test_a_campaign_stands_on_its_day_with_its_time_and_readers(client: Client) -> None:
    start = planned("At a broadcast")
    client.force_login(make.person("nora", "auditor"))

    for view in ("month", "week"):
        day = cell(calendar(client, view=view, on=f"{start:%Y-%m-%d}"), title(start))
        assert "At a broadcast" in day
        assert "10:20:30" in day
        assert "Parents: United Kingdom" in day


def test_the_day_is_that_of_the_persons_time_zone(client: Client) -> None:
    start = planned("Late", clock="20:30:00")
    nora = make.person("nora", "auditor")
    User.objects.filter(pk=nora.pk).update(time_zone="Asia/Tokyo")
    client.force_login(nora)

    html = calendar(client, on=f"{start:%Y-%m-%d}")
    there = start + timedelta(hours=9)

    assert "05:30:00" in cell(html, title(there))
    assert "Late" not in cell(html, title(start))


def test_it_filters_by_country_and_audience(client: Client) -> None:
    start = planned("For parents")
    client.force_login(make.person("nora", "auditor"))
    on = f"{start:%Y-%m-%d}"

    assert "For parents" in calendar(client, on=on, country="GB", audience="parent")
    assert "For parents" not in calendar(client, on=on, country="FR")
    assert "For parents" not in calendar(client, on=on, audience="teen")


def test_two_alerts_for_the_same_readers_on_one_day_are_pointed_out(client: Client) -> None:
    start = planned("One")
    client.force_login(make.person("nora", "auditor"))
    assert "2 alerts" not in calendar(client, on=f"{start:%Y-%m-%d}")

    planned("Two", clock="15:10:00")

    assert "2 alerts for parents: United Kingdom" in cell(calendar(client, on=f"{start:%Y-%m-%d}"), title(start))


@pytest.mark.parametrize("on", ["", "nonsense", "2026-02-31", "0001-01-01", "9999-12-31"])
def test_any_value_in_the_address_shows_a_calendar(client: Client, on: str) -> None:
    client.force_login(make.person("nora", "auditor"))

    for view in ("month", "week", "x"):
        assert client.get(reverse("admin:calendar"), {"on": on, "view": view, "country": "x"}).status_code == 200
