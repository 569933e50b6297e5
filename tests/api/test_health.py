"""Each web process logs an alarm when nobody runs the scheduler of campaigns; tests/api/test_readiness.py is about /readyz."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db.models import F

from api.reads.edition_store import EditionStore
from notifications.models import SchedulerRun

pytestmark = pytest.mark.django_db


def ran(*, seconds_ago: float) -> None:
    SchedulerRun.objects.all().delete()
    assert SchedulerRun.objects.take_turn() is not None
    SchedulerRun.objects.update(ran_at=F("ran_at") - timedelta(seconds=seconds_ago))


def test_half_a_minute_without_the_scheduler_is_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    store = EditionStore(None)
    ran(seconds_ago=20)
    store.refresh()
    assert store.sends()

    ran(seconds_ago=31)
    for _ in range(3):
        store.refresh()

    assert not store.sends()
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["no worker has run the scheduler for 31 s: no alert is sent until a worker runs"]


def test_an_installation_without_a_worker_yet_sends_nothing_and_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    store = EditionStore(None)
    store.refresh()

    assert not store.sends()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
