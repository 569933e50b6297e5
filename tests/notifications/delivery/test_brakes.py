"""Pause, stop, stop everything, hold: how soon they work, and that a worker that cannot read them sends nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from core.errors import Conflict
from notifications import feed_query
from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import restores, scheduler, worker
from notifications.delivery.brake_monitor import MAX_AGE, MAX_DELAY, BrakeMonitor
from notifications.delivery.verified_campaign import VerifiedCampaign
from notifications.models import Batch, Brake, Campaign, Registration
from notifications.models.brake import BrakeState
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import tick
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def slow_campaign(fcm_emulator: Emulator) -> Campaign:
    """Return a campaign to 6,000 that takes long: each response takes 300 ms."""
    make.app()
    simulation.register_many(6_000, app="parent", country=None, at=now())
    fcm_emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 300}])
    campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
    tick()
    return campaign


@contextmanager
def sending(emulator: Emulator) -> Iterator[None]:
    """Run a worker in a thread, and wait until messages have arrived."""

    def work() -> None:
        try:
            worker.run(seconds=20)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 10
    while emulator.counts()["messages"] < 500 and time.monotonic() < deadline:
        time.sleep(0.02)
    yield
    thread.join()


@pytest.mark.slow
def test_a_pause_works_within_two_seconds_and_resuming_sends_the_rest(fcm_emulator: Emulator, slow_campaign: Campaign) -> None:
    author, _ = make.campaign_staff()
    slow_campaign.refresh_from_db()

    with sending(fcm_emulator):
        lifecycle.pause(slow_campaign, by=author, at=now())
        time.sleep(2)
        after_two_seconds = fcm_emulator.counts()["messages"]
        time.sleep(1)
        later = fcm_emulator.counts()["messages"]
    paused = progress_of(slow_campaign)
    fcm_emulator.plan([])
    lifecycle.resume(slow_campaign, by=author, at=now())
    worker.run(seconds=20)
    tick()

    assert 500 <= after_two_seconds == later < 6_000
    assert (paused["state"], paused["accepted"]) == ("paused", later)
    counts = progress_of(slow_campaign)
    assert (counts["state"], counts["accepted"], fcm_emulator.counts()["doubled"]) == ("done", 6_000, 0)


@pytest.mark.slow
def test_stop_everything_stops_all_until_an_approver_releases_it(fcm_emulator: Emulator, slow_campaign: Campaign) -> None:
    author, approver = make.campaign_staff()

    with sending(fcm_emulator):
        Brake.objects.stop_everything(by=author, at=now(), reason="Something is wrong.")
        time.sleep(2)
        after_two_seconds = fcm_emulator.counts()["messages"]
    assert fcm_emulator.counts()["messages"] == after_two_seconds < 6_000
    assert worker.run(seconds=1) == 0

    fcm_emulator.plan([])
    Brake.objects.release_everything(by=approver, at=now())
    worker.run(seconds=20)
    tick()
    assert progress_of(slow_campaign)["accepted"] == 6_000


def test_a_stopped_campaign_leaves_the_feed_at_once_and_never_resumes(fcm_emulator: Emulator, slow_campaign: Campaign) -> None:
    author, _ = make.campaign_staff()
    where: dict[str, Any] = {"country": "GB", "audience": "parent", "locale": "en"}
    assert len(feed_query.read(at=now()).alerts(**where, at=now())) == 1

    with sending(fcm_emulator):
        lifecycle.stop(slow_campaign, by=author, at=now(), reason="Wrong text.")
        stopped = feed_query.read(at=now()).alerts(**where, at=now())
    tick()

    assert stopped == []
    counts = progress_of(slow_campaign)
    assert (counts["state"], counts["pending"]) == ("stopped", 0)
    assert counts["accepted"] + counts["skipped"] == 6_000
    with pytest.raises(Conflict):
        lifecycle.resume(slow_campaign, by=author, at=now())
    assert not Batch.objects.exists()


def test_a_stop_does_not_wait_for_a_lock_on_the_campaigns_row(
    fcm_emulator: Emulator, slow_campaign: Campaign, raw_sql: psycopg.Connection[Any]
) -> None:
    author, _ = make.campaign_staff()
    raw_sql.autocommit = False
    raw_sql.execute("SELECT 1 FROM notifications_campaign FOR UPDATE")

    began = time.monotonic()
    lifecycle.stop(slow_campaign, by=author, at=now())
    took = time.monotonic() - began

    assert took < 2
    assert Brake.objects.get(campaign=slow_campaign).state == "stopped"
    assert worker.run(seconds=1) == 0
    raw_sql.commit()
    scheduler.follow_brakes(at=now() + timedelta(seconds=3))
    slow_campaign.refresh_from_db()
    assert (slow_campaign.state, fcm_emulator.counts()["messages"]) == ("stopped", 0)


@pytest.mark.slow
def test_a_worker_that_cannot_read_the_brakes_sends_nothing(
    fcm_emulator: Emulator, slow_campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable = threading.Event()
    read = BrakeMonitor.read

    def sometimes(self: BrakeMonitor) -> None:
        if unreadable.is_set():
            raise OperationalError("no database")
        read(self)

    monkeypatch.setattr(BrakeMonitor, "read", sometimes)
    with sending(fcm_emulator):
        unreadable.set()
        time.sleep(MAX_AGE + 0.5)
        reached = fcm_emulator.counts()["messages"]
        time.sleep(1)
        later = fcm_emulator.counts()["messages"]
        # It starts nothing new either: batches that it claims are released unsent.
        unreadable.clear()
    assert 500 <= reached == later < 6_000
    tick()
    worker.run(seconds=20)
    tick()
    assert progress_of(slow_campaign)["accepted"] + progress_of(slow_campaign)["pending"] == 6_000
    assert fcm_emulator.counts()["doubled"] == 0


@pytest.mark.slow
def test_a_reading_from_far_away_is_used_until_the_next_one_arrives(slow_campaign: Campaign) -> None:
    def far_away(execute: Callable[..., Any], *statement: Any) -> Any:
        time.sleep(0.4)
        answer = execute(*statement)
        time.sleep(0.4)
        return answer

    brakes = BrakeMonitor()
    with connection.execute_wrapper(far_away):
        began = time.monotonic()
        brakes.read()

    # The next reading begins now, and arrives as long after this one as this one took.
    time.sleep(max(0.0, began + 1.7 - time.monotonic()))
    assert brakes.allows(slow_campaign.pk, "fingerpost-test")
    assert brakes.delay >= 0.8
    time.sleep(max(0.0, began + MAX_AGE + MAX_DELAY + 0.05 - time.monotonic()))
    assert not brakes.allows(slow_campaign.pk, "fingerpost-test")


@pytest.mark.slow
def test_the_check_of_a_campaign_takes_nothing_from_the_time_to_send(
    fcm_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.app()
    simulation.register_many(600, app="parent", country=None, at=now())
    campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
    tick()
    load = VerifiedCampaign.load

    def far_away(campaign_id: int) -> VerifiedCampaign:
        time.sleep(3)
        return load(campaign_id)

    monkeypatch.setattr(VerifiedCampaign, "load", far_away)

    # First those that are tried before the others, then the others.
    worker.run(seconds=3)

    assert progress_of(campaign)["accepted"] == 600


def test_a_restored_database_holds_campaigns_until_a_person_releases_them(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(30)
    sending_one = make.campaign()
    tick()
    planned = make.campaign(schedule={"at": (now() + timedelta(hours=2)).isoformat()})
    # As after a restore: the row holds the identity of another database.
    Brake.objects.filter(campaign=None).update(database="7000000000000000000 00000001 1")

    refused_before_any_tick = worker.run(seconds=1)
    tick()
    worker.run(seconds=1)

    assert refused_before_any_tick == 0
    assert fcm_emulator.counts()["messages"] == 0
    for campaign in (sending_one, planned):
        campaign.refresh_from_db()
        assert campaign.state == "held"
        assert "restored" in campaign.reason
    author, _ = make.campaign_staff()
    lifecycle.resume(sending_one, by=author, at=now())
    lifecycle.resume(planned, by=author, at=now())
    worker.run(seconds=5)
    tick()
    planned.refresh_from_db()
    assert (progress_of(sending_one)["state"], planned.state) == ("done", "approved")
    assert not restores.hold_after_restore(at=now())


def test_the_hold_command_holds_every_campaign_in_flight(fcm_emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tick()

    call_command("hold_in_flight", "--by", "author", "--json")

    assert capsys.readouterr().out == f'{{"held": [{campaign.pk}]}}\n'
    assert worker.run(seconds=1) == 0
    assert progress_of(campaign)["halted"] == "Held by author."


def test_a_state_that_did_not_follow_its_brake_is_corrected(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(30)
    author, _ = make.campaign_staff()
    campaign = make.campaign()
    tick()
    # As if the process had ended between the two steps of a pause.
    Brake.objects.pull(campaign, BrakeState.PAUSED, by=author, at=now() - timedelta(seconds=5))

    assert worker.run(seconds=1) == 0
    tick()

    campaign.refresh_from_db()
    assert campaign.state == "paused"
    lifecycle.resume(campaign, by=author, at=now())
    worker.run(seconds=5)
    tick()
    assert progress_of(campaign)["accepted"] == 30


def test_nothing_is_sent_unless_a_campaign_is_sending_and_released(
    fcm_emulator: Emulator, at_once: Callable[..., list[Any]]
) -> None:
    make.app()
    make.installations(30)
    make.campaign()
    tick()
    Brake.objects.filter(campaign__isnull=False).delete()

    assert worker.run(seconds=1) == 0
    assert fcm_emulator.counts()["messages"] == 0
    assert Registration.objects.reachable().count() == 30
