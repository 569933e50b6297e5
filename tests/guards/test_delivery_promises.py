"""Promises 5, 8 and 9: what faults, bad responses and a stop do to sending, each tested once by its name."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection
from fcm_emulator.responses import ACCEPTING, PLANNED

from notifications import feed_query
from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import worker
from notifications.delivery.brake_monitor import MAX_AGE, BrakeMonitor
from notifications.models import Brake, Campaign, Registration
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)


def now() -> datetime:
    return datetime.now(UTC)


def test_promise_5_doubled_and_lost_wake_ups_change_nothing(phones: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from notifications import tasks

    woken: list[float] = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda *, woken_at, **_: woken.append(woken_at))
    campaign = make.campaign()

    for _ in range(3):
        tasks.tick(unknown="argument of a newer version")
    for woken_at in [*woken, *woken, 0.0]:
        tasks.deliver(woken_at=woken_at)
    tasks.tick()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"]) == ("done", 30)
    assert (phones.counts()["accepted_total"], phones.counts()["doubled"]) == (30, 0)


@pytest.mark.sampled
@pytest.mark.parametrize("answer", sorted(set(PLANNED) - ACCEPTING - {"HANG", "HANG_AFTER_ACCEPT"}))
def test_promise_8_a_response_to_all_marks_no_installation_gone(phones: Emulator, answer: str) -> None:
    phones.plan([{"match": {"any": True}, "answer": answer}])
    campaign = make.campaign()

    tick_and_send()

    assert Registration.objects.reachable().count() == 30
    counts = progress_of(campaign)
    assert counts["accepted"] == 0
    assert counts["devices"] == counts["unknown"] + counts["pending"] + sum(counts["rejected"].values())


def test_promise_8_a_gone_installation_returns_by_registering(phones: Emulator) -> None:
    phones.plan([{"match": {"any": True}, "answer": "UNREGISTERED", "times": 10}])
    make.campaign()
    tick_and_send()
    gone = Registration.objects.exclude(gone_at=None).count()

    make.installations(30)

    assert gone == 10
    assert Registration.objects.reachable().count() == 30


@pytest.fixture
def long_campaign(fcm_emulator: Emulator) -> Campaign:
    make.app()
    simulation.register_many(5_000, app="parent", country=None, at=now())
    fcm_emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 300}])
    campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
    tick()
    return campaign


def in_the_background(stopping: threading.Event | None = None) -> threading.Thread:
    """Let a worker send for 15 seconds, or until it is told to stop."""

    def work() -> None:
        try:
            worker.run(seconds=15, stopping=stopping)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def until_some_arrived(emulator: Emulator) -> None:
    deadline = time.monotonic() + 10
    while emulator.counts()["messages"] < 300 and time.monotonic() < deadline:
        time.sleep(0.02)


def test_promise_9_two_seconds_after_a_stop_nothing_is_sent(fcm_emulator: Emulator, long_campaign: Campaign) -> None:
    sender = in_the_background()
    until_some_arrived(fcm_emulator)

    lifecycle.stop(long_campaign, by=make.campaign_staff()[0], at=now())
    time.sleep(2)
    after_two_seconds = fcm_emulator.counts()["messages"]
    sender.join()
    tick_and_send(seconds=1)

    assert 300 <= after_two_seconds == fcm_emulator.counts()["messages"] < 5_000
    assert feed_query.read(at=now()).alerts(country="GB", audience="parent", locale="en", at=now()) == []


@pytest.mark.slow
def test_promise_9_a_worker_that_cannot_read_the_brakes_stops(
    fcm_emulator: Emulator,
    long_campaign: Campaign,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopping = threading.Event()
    sender = in_the_background(stopping)
    until_some_arrived(fcm_emulator)

    def cannot_see(brakes: BrakeMonitor) -> None:
        raise DatabaseError("no answer")

    monkeypatch.setattr(BrakeMonitor, "read", cannot_see)
    time.sleep(MAX_AGE + 0.5)
    reached = fcm_emulator.counts()["messages"]
    time.sleep(2)
    assert fcm_emulator.counts()["messages"] == reached
    stopping.set()
    sender.join()

    assert 300 <= reached == fcm_emulator.counts()["messages"] < 5_000


def test_promise_9_nothing_is_sent_after_the_campaigns_end(phones: Emulator) -> None:
    campaign = make.campaign()
    tick()
    with connection.cursor() as cursor:
        # The clock cannot be moved, so the campaign's end is, as an owner of the database could.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE notifications_campaign SET not_after = now() - interval '1 second'")
        cursor.execute("SET session_replication_role = origin")

    tick_and_send()

    counts = progress_of(campaign)
    assert phones.counts()["messages"] == 0
    assert (counts["state"], counts["skipped"], counts["pending"]) == ("done", 30, 0)


def test_promise_9_a_database_that_was_restored_sends_nothing_by_itself(phones: Emulator) -> None:
    campaign = make.campaign()
    tick()
    Brake.objects.filter(campaign=None).update(database="another cluster")

    tick_and_send()

    campaign.refresh_from_db()
    assert (campaign.state, phones.counts()["messages"]) == ("held", 0)
