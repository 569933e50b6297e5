"""One process of a worker sends, whichever is woken, also when the wake-up was late; another helps with a large campaign."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from celery.worker.consumer import Consumer

from config.celery import WakeUp, app, queues
from config.consumer import WakeUpConsumer
from notifications import tasks
from notifications.delivery import claims, scheduler, worker


@pytest.mark.parametrize("large", [False, True])
def test_one_thread_sends_and_another_process_only_beside_it(large: bool) -> None:
    reading, writing = os.pipe()
    with tasks._sender() as mine:
        child = os.fork()
        if child == 0:
            # A forked process has the file, but neither its parent's lock nor the thread that holds the second one.
            tasks._AMONG_THREADS = threading.Lock()
            with tasks._sender(beside_another=large) as second:
                os.write(writing, b"y" if second else b"n")
            os._exit(0)
        os.waitpid(child, 0)
        with tasks._sender(beside_another=large) as same_process:
            pass
    with tasks._sender() as afterwards:
        pass

    assert (mine, os.read(reading, 1), same_process, afterwards) == (True, b"y" if large else b"n", False, True)
    os.close(reading)
    os.close(writing)


@pytest.mark.django_db
@pytest.mark.parametrize(("batches", "sends"), [(20, False), (21, True)])
def test_a_second_process_helps_with_a_large_campaign(batches: int, sends: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[float] = []

    def run(*, seconds: float, stopping: threading.Event | None = None) -> int:
        runs.append(seconds)
        return 0

    monkeypatch.setattr(tasks, "_locked", lambda: False)
    monkeypatch.setattr(claims, "waiting_projects", lambda *, ahead: {"small": 1, "large": batches})
    monkeypatch.setattr(worker, "run", run)

    tasks._send_if_due(threading.Event())
    # A task of Celery would keep the process from the rest of the timetable.
    tasks.deliver(woken_at=scheduler.database_now().timestamp())

    assert len(runs) == sends


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "sends"), [(0, True), (30, True), (90, False)])
def test_a_wake_up_that_a_loaded_machine_delays_still_sends(age: float, sends: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[float] = []

    def run(*, seconds: float) -> int:
        runs.append(seconds)
        return 0

    monkeypatch.setattr(worker, "run", run)

    tasks.deliver(woken_at=scheduler.database_now().timestamp() - age)

    assert bool(runs) == sends


def test_no_wake_up_is_dropped_by_the_clock_of_a_machine() -> None:
    assert {name for name, entry in app.conf.beat_schedule.items() if "expires" in entry["options"]} == set()


def test_wake_ups_that_piled_up_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    now = 500.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(WakeUp, "_ran_at", {})
    tick, deliver = (app.tasks[f"notifications.tasks.{name}"] for name in ("tick", "deliver"))
    monkeypatch.setattr(tick, "run", lambda **_: runs.append("tick"))
    monkeypatch.setattr(deliver, "run", lambda **_: runs.append("deliver"))

    for _ in range(50):
        tick.apply()
    deliver.apply()
    deliver.apply()
    tick()
    now += 0.5
    tick.apply()

    # Only those of the timetable pile up, and a call that is no wake-up is never dropped.
    assert runs == ["tick", "deliver", "deliver", "tick", "tick"]


def test_every_thread_has_the_product_s_tasks() -> None:
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: tasks.tick.app).result() is app


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("amqp://guest:guest@127.0.0.1:5672//", "quorum"),
        ("amqps://broker.example/", "quorum"),
        ("redis://127.0.0.1:6379/0", None),
        ("filesystem:///var/lib/broker", None),
    ],
)
def test_queues_on_rabbitmq_outlive_a_machine_of_its_cluster(url: str, kind: str | None) -> None:
    declared = [queue.as_dict() for queue in queues(url)]

    assert [(queue["name"], (queue["queue_arguments"] or {}).get("x-queue-type")) for queue in declared] == [
        ("delivery", kind),
        ("upkeep", kind),
    ]


def test_a_worker_declares_no_queues_for_delayed_messages() -> None:
    steps = WakeUpConsumer.Blueprint.default_steps

    assert app.conf.worker_consumer == "config.consumer:WakeUpConsumer"
    assert [step for step in Consumer.Blueprint.default_steps if step not in steps] == [
        "celery.worker.consumer.delayed_delivery:DelayedDelivery"
    ]
