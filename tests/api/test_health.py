"""/readyz and the log say when nothing is written and when nobody sends alerts."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from api.reads import edition_store
from content.models import Release
from notifications.models import SchedulerRun

pytestmark = pytest.mark.django_db


def ran(*, seconds_ago: float) -> None:
    SchedulerRun.objects.all().delete()
    assert SchedulerRun.objects.take_turn() is not None
    SchedulerRun.objects.update(ran_at=F("ran_at") - timedelta(seconds=seconds_ago))


def test_the_scheduler_that_ran_lately_sends(api: Client, small_release: Release) -> None:
    ran(seconds_ago=20)

    answer = api.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"reads": True, "writes": True, "sends": True})


def test_half_a_minute_without_the_scheduler_is_an_alarm(
    api: Client, small_release: Release, caplog: pytest.LogCaptureFixture
) -> None:
    ran(seconds_ago=31)

    # Readers are still answered, so the balancer keeps the process.
    answers = [api.get("/readyz") for _ in range(3)]

    assert [(one.status_code, one.json()["sends"]) for one in answers] == [(200, False)] * 3
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["no worker has run the scheduler for 31 s: no alert is sent until a worker runs"]


def test_an_installation_without_a_worker_yet_sends_nothing_and_logs_nothing(
    api: Client, small_release: Release, caplog: pytest.LogCaptureFixture
) -> None:
    assert api.get("/readyz").json()["sends"] is False
    assert edition_store.store.refresh() is False
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
