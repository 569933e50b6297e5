"""The phones of the start page: what the emulator shows, the alert inside the app, and nothing of it outside a sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api.reads.edition_store import store
from content.models import Release
from notifications.models import Campaign
from tests import make
from tests.processes import Emulator

pytestmark = pytest.mark.django_db

PATHS = ("/v1/sandbox/phones", "/v1/sandbox/phones/en/1")


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    settings.SANDBOX = True


@pytest.fixture
def alert(release: Release) -> Iterator[Campaign]:
    """Approve an alert that is in the feed."""
    campaign = make.campaign(state="approved")
    Campaign.objects.filter(pk=campaign.pk).update(starts_at=timezone.now() - timedelta(minutes=1), frozen_at=timezone.now())
    store.clear()
    yield campaign
    store.clear()


def test_without_messages_every_phone_is_empty(api: Client, fcm_emulator: Emulator) -> None:
    answer = api.get("/v1/sandbox/phones")

    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["reachable"]
    assert [(phone["locale"], phone["dir"], phone["shown"]) for phone in answer.json()["phones"]] == [
        ("en", "ltr", []),
        ("ar", "rtl", []),
        ("cy", "ltr", []),
    ]


def test_an_emulator_that_does_not_answer_is_said_so(api: Client, settings: Any) -> None:
    # The port of discard, which nobody listens on.
    settings.FCM_ENDPOINT = "http://127.0.0.1:9"

    assert api.get("/v1/sandbox/phones").json() == {"reachable": False, "phones": []}


def test_an_alert_of_the_feed_is_shown_with_the_published_pack(api: Client, alert: Campaign) -> None:
    answer = api.get(f"/v1/sandbox/phones/en/{alert.pk}")
    shown = json.loads(re.findall(r'<script id="content" type="application/json">(.*?)</script>', answer.content.decode())[0])

    assert answer.status_code == 200
    assert shown["alert"]["title"] == make.definition()["messages"]["en"]["inner"]["title"]
    assert (shown["pack"]["country"], shown["pack"]["locale"]) == ("GB", "en")
    assert "sandbox allow-scripts" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(("path", "status"), [("en/999", 404), ("fr/1", 404), ("xx/1", 404)])
def test_what_the_feed_does_not_have_is_not_shown(api: Client, release: Release, path: str, status: int) -> None:
    assert api.get(f"/v1/sandbox/phones/{path}").status_code == status


@pytest.mark.parametrize("path", PATHS)
def test_there_are_no_phones_outside_a_sandbox(api: Client, settings: Any, path: str) -> None:
    settings.SANDBOX = False

    response = api.get(path)

    assert (response.status_code, response.json()["type"]) == (404, "/v1/problems/not-found")


def test_the_start_page_names_the_campaign_that_waits(api: Client, settings: Any) -> None:
    assert "No campaign waits" in api.get("/").content.decode()
    make.world()
    campaign = make.campaign(state="submitted", not_after=(datetime.now(UTC) + timedelta(days=1)).isoformat())

    assert f"/console/campaigns/{campaign.pk}/approve/" in api.get("/").content.decode()
