"""The beat keeps its timetable by the monotonic clock, whatever happens to the machine's."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from celery import Celery
from celery.beat import ScheduleEntry, Service

from config.beat import MonotonicScheduler
from config.celery import app
from notifications.models.maintenance_run import MaintenanceRun


class Clock:
    """The monotonic clock of a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 500.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


class Recording(MonotonicScheduler):
    """A scheduler that notes what it would send."""

    def __init__(self, made: Celery) -> None:
        self.sent: list[str] = []
        super().__init__(app=made)

    @property
    def producer(self) -> None:
        return None

    def apply_entry(self, entry: ScheduleEntry, producer: object = None) -> None:
        self.sent.append(entry.name)


@pytest.fixture
def beat() -> Recording:
    made = Celery("test", set_as_current=False)
    made.conf.beat_schedule = {name: {"task": name, "schedule": every} for name, every in (("often", 1.0), ("seldom", 60.0))}
    return Recording(made)


def test_each_task_is_sent_at_the_start_and_then_after_its_period(beat: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    sent = []
    for now in (500.0, 500.4, 501.0, 502.1, 559.0, 560.0):
        clock.now = now
        beat.sent.clear()
        beat.tick()
        sent.append(sorted(beat.sent))

    assert sent == [["often", "seldom"], [], ["often"], ["often"], ["often"], ["often", "seldom"]]


def test_the_next_look_is_when_the_next_task_is_due(beat: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    beat.tick()
    clock.now = 500.25

    assert beat.tick() == pytest.approx(0.75)


@pytest.mark.parametrize("step", [-3600, 3600])
def test_a_machine_whose_clock_is_set_changes_nothing(step: int, beat: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, real = Clock(monkeypatch), time.time()
    beat.tick()
    beat.sent.clear()
    monkeypatch.setattr(time, "time", lambda: real + step)
    beat.app.now = lambda: datetime.fromtimestamp(real + step, UTC)

    clock.now += 0.5
    beat.tick()
    clock.now += 0.5
    beat.tick()

    assert beat.sent == ["often"]


def test_the_product_s_beat_uses_it() -> None:
    scheduler = Service(app, scheduler_cls=app.Beat().scheduler_cls).get_scheduler()

    assert isinstance(scheduler, MonotonicScheduler)
    assert scheduler.schedule.keys() == app.conf.beat_schedule.keys()


@pytest.mark.django_db
def test_daily_jobs_run_although_a_wrong_clock_has_run_them_in_the_future() -> None:
    today, next_year = datetime(2026, 11, 29, tzinfo=UTC).date(), datetime(2027, 11, 29, tzinfo=UTC).date()
    MaintenanceRun.objects.finish("job", on=next_year)

    due = MaintenanceRun.objects.is_due("job", on=today)
    MaintenanceRun.objects.finish("job", on=today)

    assert (due, MaintenanceRun.objects.is_due("job", on=today)) == (True, False)
