"""The steps of a person who writes a campaign in the console, for the tests of its task pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from notifications.models import Campaign


def url(campaign: Campaign, name: str, *more: str) -> str:
    return reverse(f"admin:campaign-{name}", args=[campaign.pk, *more])


def started(client: Client, preset: str = "urgent") -> Campaign:
    answer = client.post(
        reverse("admin:campaign-new"), {"action": "start", "name": "Half-term warning", "preset": preset, "key": str(uuid4())}
    )
    campaign = Campaign.objects.latest("pk")
    assert answer["Location"] == url(campaign, "edit")
    return campaign


def save(client: Client, address: str, **fields: Any) -> Any:
    shown = client.get(address)
    return client.post(
        address, {"action": "save", "version": shown.context["version"], "place": shown.context["place"], **fields}
    )


TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
WHO = {"audiences": ["parent"], "where": "some", "countries": ["GB"], "readers_of": "all"}
WORDS = {
    "outer_title": "New advice in the app",
    "outer_body": "Take two minutes to read it.",
    "inner_title": "If someone makes threats",
    "inner_body": "Do not pay.\r\nIt is never their fault.",
}
HELP = {"services": ["gb-line"], "tip_parent": "first-hour"}


def when(**changes: Any) -> dict[str, Any]:
    end = datetime.now(UTC) + timedelta(days=1)
    return {
        "start": "now",
        "city": "Europe/London",
        "end_date": f"{end:%Y-%m-%d}",
        "end_time": "12:00:00",
        "night": "override",
        "night_reason": "It cannot wait.",
        **changes,
    }


def complete(client: Client) -> Campaign:
    campaign = started(client)
    save(client, url(campaign, "who"), **WHO)
    save(client, url(campaign, "text", "en"), **WORDS)
    save(client, url(campaign, "help"), **HELP)
    save(client, url(campaign, "when"), **when())
    campaign.refresh_from_db()
    return campaign
