"""A worker process begins to send as soon as its own tick finds work, and folds the counts as soon as they are complete."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from notifications import tasks
from notifications.campaigns.progress import progress_of
from notifications.delivery import polling, scheduler
from notifications.delivery.polling import Poller
from notifications.models.scheduler_run import LATE_AFTER, SchedulerRun
from tests import make
from tests.processes import Emulator


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Woken:
    """A poller that notes whether it was woken."""

    def __init__(self) -> None:
        self.times = 0

    def wake(self) -> None:
        self.times += 1


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> Woken:
    poller = Woken()
    monkeypatch.setattr(tasks, "_pollers", [poller])
    monkeypatch.setattr(tasks.deliver, "delay", lambda **_: None)
    return poller


def test_a_woken_poller_looks_for_work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 600.0)
    acted = threading.Event()
    poller = Poller(lambda stopping: acted.set())
    poller.start()
    assert not acted.wait(0.2)

    poller.wake()

    assert acted.wait(30)
    poller.stop()
    assert not any(thread.is_alive() for thread in poller._threads)


def test_a_step_that_is_woken_meanwhile_is_taken_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 600.0)
    running, finish, times = threading.Event(), threading.Event(), []

    def step(stopping: threading.Event) -> None:
        times.append(1)
        running.set()
        finish.wait(30)

    poller = Poller(step)
    poller.start()
    poller.wake()
    assert running.wait(30)
    running.clear()

    poller.wake()
    finish.set()

    assert running.wait(30)
    poller.stop()
    assert len(times) == 2


def test_a_step_that_looks_often_may_wake_the_others_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 600.0)
    monkeypatch.setattr(polling, "SHORT_INTERVAL", 600.0)
    acted, often = threading.Event(), threading.Event()
    poller = Poller(lambda stopping: acted.set(), often=lambda stopping: often.set())
    poller.start()

    poller.wake()

    assert acted.wait(30)
    poller.stop()
    assert not often.is_set()
    assert not any(thread.is_alive() for thread in poller._threads)


@pytest.mark.django_db(transaction=True)
def test_an_approved_campaign_begins_at_once_without_a_tick(fcm_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 600.0)
    make.app()
    make.installations(30)
    poller = Poller(tasks._send_if_due, often=tasks._TickWhenNeeded())
    monkeypatch.setattr(tasks, "_pollers", [poller])
    poller.start()
    try:
        # Its first look, after which the next one by the clock is ten minutes away.
        until(SchedulerRun.objects.exists)
        campaign = make.campaign()

        until(lambda: progress_of(campaign)["state"] == "done")
    finally:
        poller.stop()

    assert fcm_emulator.counts()["messages"] == 30


@pytest.mark.django_db(transaction=True)
def test_a_campaign_that_cannot_begin_is_left_to_the_usual_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    make.app()
    make.installations(30)
    make.campaign()
    runs: list[float] = []
    monkeypatch.setattr(tasks, "_run_scheduler", lambda *, late_after: runs.append(late_after))
    step = tasks._TickWhenNeeded()

    for _ in range(3):
        step(threading.Event())

    assert runs == [0.0, LATE_AFTER]


@pytest.mark.django_db(transaction=True)
def test_a_process_stays_awake_while_another_one_begins(woken: Woken, monkeypatch: pytest.MonkeyPatch) -> None:
    make.app()
    make.installations(30)
    make.campaign()
    monkeypatch.setattr(tasks, "_run_scheduler", lambda *, late_after: False)
    step = tasks._TickWhenNeeded()
    step(threading.Event())
    assert woken.times == 1

    scheduler.tick(at=scheduler.database_now())
    step(threading.Event())

    assert woken.times == 2
    step._awake_until = 0.0
    step(threading.Event())
    assert woken.times == 2


@pytest.mark.django_db(transaction=True)
def test_a_campaign_that_cannot_begin_keeps_no_process_awake(woken: Woken, monkeypatch: pytest.MonkeyPatch) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    monkeypatch.setattr(tasks, "_run_scheduler", lambda *, late_after: False)
    step = tasks._TickWhenNeeded()
    step(threading.Event())
    step._approved[campaign.pk] -= tasks.AWAKE_FOR_ONE
    step._awake_until = 0.0

    step(threading.Event())

    assert woken.times == 1


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_finds_work_wakes_its_own_process(fcm_emulator: Emulator, woken: Woken) -> None:
    make.app()
    make.installations(30)
    tasks.tick()
    assert woken.times == 0

    make.campaign()
    tasks.tick()

    assert woken.times == 1


@pytest.mark.parametrize("through", ["broker", "polling"])
@pytest.mark.django_db(transaction=True)
def test_the_counts_are_folded_as_soon_as_all_is_settled(fcm_emulator: Emulator, woken: Any, through: str) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tasks.tick()

    if through == "broker":
        tasks.deliver(woken_at=scheduler.database_now().timestamp())
    else:
        tasks._send_if_due(threading.Event())

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"]) == ("done", 30)
