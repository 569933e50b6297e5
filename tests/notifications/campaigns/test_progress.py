"""A campaign that should be sending says when no worker is there, and only then."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import claims
from notifications.models import Batch, Brake, Campaign, Quota
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import tick

# The database's clock stands still within a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = "fingerpost-test"
NO_WORKER = r"Waiting for a worker: none has taken this up for \d+ (s|min)\. Check that a worker is running\."


@pytest.fixture(autouse=True)
def _a_worker_works() -> None:
    make.workers()


def sending(**changes: Any) -> Campaign:
    make.app()
    make.installations(30)
    campaign = make.campaign(**changes)
    tick()
    return campaign


def time_passes(seconds: float) -> None:
    """Move all instants of releases, due times, leases and permits back by that many seconds."""
    by = timedelta(seconds=seconds)
    Brake.objects.update(set_at=F("set_at") - by)
    Batch.objects.update(ready_at=F("ready_at") - by)
    Batch.objects.filter(state="claimed").update(lease_until=F("lease_until") - by)
    Quota.objects.update(booked_until=F("booked_until") - by)


def waiting(campaign: Campaign) -> str:
    return str(progress_of(campaign)["waiting"])


def test_a_campaign_says_when_no_worker_has_sent_for_five_seconds() -> None:
    campaign = sending()
    Brake.objects.filter(campaign=campaign).update(set_at=datetime.now(UTC) + timedelta(minutes=1))
    at_once = progress_of(campaign)["waiting"]

    time_passes(72)
    after_twelve_seconds = waiting(campaign)
    time_passes(300)
    after_five_minutes = waiting(campaign)

    assert at_once is None
    assert re.fullmatch(NO_WORKER, after_twelve_seconds)
    assert "for 5 min" in after_five_minutes


def test_a_campaign_says_when_no_worker_has_begun_it_for_five_seconds() -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    Brake.objects.filter(campaign=campaign).update(set_at=datetime.now(UTC) + timedelta(minutes=1))
    at_once = progress_of(campaign)["waiting"]

    time_passes(72)

    assert (campaign.state, at_once) == ("approved", None)
    assert re.fullmatch(NO_WORKER, waiting(campaign))


def test_a_campaign_for_later_waits_for_its_time_and_not_for_a_worker() -> None:
    make.app()
    make.installations(30)
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    campaign = make.campaign(schedule={"at": tomorrow.isoformat()}, not_after=(tomorrow + timedelta(days=1)).isoformat())

    time_passes(3_600)

    assert (campaign.state, progress_of(campaign)["waiting"]) == ("approved", None)


def test_a_planned_campaign_that_should_be_frozen_names_a_missing_worker() -> None:
    make.app()
    make.installations(30)
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=3)
    campaign = make.campaign(schedule={"at": soon.isoformat()})

    time_passes(60)

    assert re.fullmatch(NO_WORKER, waiting(campaign))


def test_a_live_claim_shows_a_worker_and_a_lease_that_ended_shows_none() -> None:
    campaign = sending()
    time_passes(60)
    assert claims.claim_batch(PROJECT) is not None

    while_claimed = progress_of(campaign)["waiting"]
    time_passes(60)

    assert while_claimed is None
    assert re.fullmatch(NO_WORKER, waiting(campaign))


def test_a_claim_that_is_not_settled_for_long_is_said_before_its_lease_ends() -> None:
    campaign = sending()
    assert claims.claim_batch(PROJECT) is not None
    time_passes(20)
    after_twenty_seconds = progress_of(campaign)["waiting"]

    time_passes(7)

    assert after_twenty_seconds is None
    assert re.fullmatch(
        r"A worker has recorded no outcome for 2[78] s\. If it has ended, another one takes over its phones at the latest 45 s "
        r"after it took them\.",
        waiting(campaign),
    )


def test_a_settlement_shows_that_a_worker_is_at_work() -> None:
    make.app()
    simulation.register_many(600, app="parent", country=None, at=datetime.now(UTC))
    campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
    tick()
    claim = claims.claim_batch(PROJECT)
    assert claim is not None
    time_passes(27)
    Batch.objects.exclude(pk=claim.id).filter(second=False).update(
        state="done", canary=False, accepted=F("size"), ready_at=datetime.now(UTC) - timedelta(seconds=3)
    )

    assert "no outcome" not in waiting(campaign)


def test_a_worker_that_takes_permits_for_the_project_is_there() -> None:
    campaign = sending()
    time_passes(60)
    assert Quota.objects.permit(PROJECT, messages=500) is not None

    with_permits = progress_of(campaign)["waiting"]
    time_passes(60)

    assert with_permits is None
    assert re.fullmatch(NO_WORKER, waiting(campaign))


def test_what_holds_a_campaign_up_is_named_before_a_missing_worker() -> None:
    campaign = sending()
    time_passes(60)
    _, approver = make.campaign_staff()

    Brake.objects.stop_everything(by=approver, at=datetime.now(UTC), reason="A wrong link in all alerts.")
    stopped = waiting(campaign)
    Brake.objects.release_everything(by=approver, at=datetime.now(UTC))
    Quota.objects.permit(PROJECT, messages=500)
    Quota.objects.block(PROJECT, reason="FCM cannot be reached.", seconds=60, initial=1, maximum=60)
    blocked = waiting(campaign)
    Quota.objects.update(blocked_until=None)
    Batch.objects.update(ready_at=datetime.now(UTC) + timedelta(hours=1))
    not_due = waiting(campaign)

    assert stopped == "All sending is stopped: A wrong link in all alerts."
    assert blocked.startswith("FCM cannot be reached. Trying again at ")
    assert not_due.startswith("Nothing is due before ")


def test_a_paused_campaign_waits_for_a_person_and_not_for_a_worker() -> None:
    campaign = sending()
    campaign.refresh_from_db()
    author, _ = make.campaign_staff()
    lifecycle.pause(campaign, by=author, at=datetime.now(UTC))

    time_passes(60)

    assert progress_of(campaign)["waiting"] is None


@pytest.mark.parametrize("frozen", [True, False])
def test_the_campaign_page_says_that_a_worker_is_missing(client: Client, frozen: bool) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    if frozen:
        tick()
    time_passes(60)
    client.force_login(make.campaign_staff()[0])

    page = client.get(reverse("admin:campaign", args=[campaign.pk])).content.decode()

    assert re.search(NO_WORKER, page)
