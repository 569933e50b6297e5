"""One process of a worker sends, whichever is woken, also when the wake-up was late."""

from __future__ import annotations

import os
import threading

import pytest

from config.celery import WakeUp, app
from notifications import tasks
from notifications.delivery import scheduler, worker


def test_one_process_and_thread_of_a_worker_sends() -> None:
    reading, writing = os.pipe()
    with tasks._only_sender() as mine:
        child = os.fork()
        if child == 0:
            # A forked process has the file, but neither its parent's lock nor the thread that holds the second one.
            tasks._AMONG_THREADS = threading.Lock()
            with tasks._only_sender() as second:
                os.write(writing, b"y" if second else b"n")
            os._exit(0)
        os.waitpid(child, 0)
        with tasks._only_sender() as same_process:
            pass
    with tasks._only_sender() as afterwards:
        pass

    assert (mine, os.read(reading, 1), same_process, afterwards) == (True, b"n", False, True)
    os.close(reading)
    os.close(writing)


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
    monkeypatch.setattr(WakeUp, "_ran_at", {})
    monkeypatch.setattr(tasks.tick, "run", lambda **_: runs.append("tick"))
    monkeypatch.setattr(tasks.deliver, "run", lambda **_: runs.append("deliver"))

    for _ in range(50):
        tasks.tick.apply()
    tasks.deliver.apply()
    tasks.deliver.apply()
    tasks.tick()

    # Only those of the timetable pile up, and a call that is no wake-up is never dropped.
    assert runs == ["tick", "deliver", "deliver", "tick"]
