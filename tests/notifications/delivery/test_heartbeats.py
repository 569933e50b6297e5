"""Whether anybody works is in the database, and in words wherever somebody looks."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from notifications import tasks
from notifications.campaigns import obstacles
from notifications.campaigns.progress import progress_of
from notifications.console.in_flight import nobody_text
from notifications.delivery import maintenance, polling
from notifications.delivery.polling import Poller
from notifications.models import Brake, Heartbeat, HeartbeatPart, SchedulerRun
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.deliver, "delay", lambda **_: None)
    monkeypatch.setattr(tasks.send_tests, "delay", lambda **_: None)


def silent_for(seconds: float) -> None:
    """Let everything that has worked have been silent for that long."""
    Heartbeat.objects.update(last_at=F("last_at") - timedelta(seconds=seconds))
    SchedulerRun.objects.update(ran_at=F("ran_at") - timedelta(seconds=seconds))


def test_each_part_that_works_leaves_a_heartbeat() -> None:
    before = Heartbeat.objects.last_work()
    tasks._send_if_due(threading.Event())
    worker_alone = Heartbeat.objects.last_work()
    tasks._tick_if_late(threading.Event())
    without_beat = Heartbeat.objects.last_work()

    tasks.tick()

    assert (before.sends, worker_alone.sends, without_beat.sends) == (False, False, True)
    assert without_beat.beat is None
    assert not Heartbeat.objects.last_work().is_silent(Heartbeat.objects.last_work().beat)


def test_a_machine_writes_at_most_once_a_second_whatever_its_processes_do() -> None:
    Heartbeat.objects.give(HeartbeatPart.DELIVERY, host="one")
    first = Heartbeat.objects.get()
    Heartbeat.objects.give(HeartbeatPart.DELIVERY, host="one")
    again = Heartbeat.objects.get()
    silent_for(2)

    Heartbeat.objects.give(HeartbeatPart.DELIVERY, host="one")

    assert again.last_at == first.last_at
    assert Heartbeat.objects.get().last_at > first.last_at


def test_silence_is_said_in_words_until_somebody_works_again() -> None:
    never = obstacles.nobody_at_work()
    tasks._send_if_due(threading.Event())
    tasks._tick_if_late(threading.Event())
    at_work = obstacles.nobody_at_work()

    silent_for(46)

    assert never == "Waiting for a worker: none has looked for something to send so far. Check that a worker is running."
    assert at_work is None
    assert str(obstacles.nobody_at_work()).startswith("Waiting for a worker: none has looked for something to send since 20")
    tasks._send_if_due(threading.Event())
    assert str(obstacles.nobody_at_work()).startswith("Waiting for a worker: none has started what is due since 20")
    tasks._tick_if_late(threading.Event())
    assert obstacles.nobody_at_work() is None


def test_a_campaign_for_tomorrow_says_today_that_nobody_would_send_it() -> None:
    make.app()
    make.installations(30)
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    campaign = make.campaign(schedule={"at": tomorrow.isoformat()}, not_after=(tomorrow + timedelta(days=1)).isoformat())
    tasks._send_if_due(threading.Event())
    tasks._tick_if_late(threading.Event())
    at_work = progress_of(campaign)["waiting"]

    silent_for(3_600)

    assert (campaign.state, at_work) == ("approved", None)
    assert "none has looked for something to send since" in progress_of(campaign)["waiting"]


def test_the_strip_says_since_when_nobody_sends() -> None:
    never = nobody_text(Heartbeat.objects.last_work(), "Europe/London")
    tasks._send_if_due(threading.Event())
    tasks._tick_if_late(threading.Event())
    at_work = nobody_text(Heartbeat.objects.last_work(), "Europe/London")

    silent_for(90)

    assert never == "No worker has run here yet. Ask the people who run the server."
    assert at_work == ""
    assert nobody_text(Heartbeat.objects.last_work(), "Europe/London").startswith("No worker has been seen since ")


def test_a_database_that_takes_no_writes_keeps_no_worker_from_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[float] = []
    monkeypatch.setattr("notifications.delivery.claims.waiting_projects", lambda *, ahead: looked.append(ahead))
    Brake.objects.for_everything()
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        tasks._send_if_due(threading.Event())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")

    assert len(looked) == 1
    assert not Heartbeat.objects.exists()


def test_machines_that_are_gone_are_forgotten_after_a_day() -> None:
    Heartbeat.objects.give(HeartbeatPart.DELIVERY, host="gone")
    silent_for(25 * 3_600)
    Heartbeat.objects.give(HeartbeatPart.DELIVERY, host="here")

    assert maintenance.forget_heartbeats(at=datetime.now(UTC)) == 1
    assert [row.host for row in Heartbeat.objects.all()] == ["here"]


def test_a_worker_process_shows_life_until_a_step_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 0.02)
    finish, shown = threading.Event(), threading.Semaphore(0)
    poller = Poller(lambda stopping: finish.wait(30), alive=shown.release)
    poller.start()
    assert all(shown.acquire(timeout=30) for _ in range(3))

    monkeypatch.setattr(polling, "STEP_LIMIT", -1.0)
    is_stuck: Any = poller.is_stuck
    monkeypatch.setattr(polling, "STEP_LIMIT", 1_200.0)

    assert is_stuck
    assert not poller.is_stuck
    finish.set()
    poller.stop()
