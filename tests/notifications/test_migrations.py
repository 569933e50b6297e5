"""Migrations run with rows in the tables, from every state that was ever committed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from notifications.delivery import maintenance
from notifications.models import Batch, Campaign, MaintenanceRun, Quota, Segment
from tests import make
from tests.notifications.steps import tick

BEFORE = ("notifications", "0005_topics")


def migrate(*target: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(target) or executor.loader.graph.leaf_nodes())


@pytest.fixture
def latest(transactional_db: None) -> Iterator[None]:
    yield
    migrate()


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


@pytest.mark.slow
def test_the_renamed_columns_keep_their_rows_in_both_directions(latest: None) -> None:
    make.app()
    make.installations(30)
    make.app("teen", push_mode="topics")
    make.topic(at=make.NOON)
    make.campaign()
    tick()
    maintenance.run_due_jobs(at=make.NOON)
    Batch.objects.update(accepted=27, retry_tickets=[1, 2], uncertain_tickets=[3])
    Quota.objects.permit("fingerpost-test", messages=500)
    Quota.objects.update(consecutive_blocks=2)
    watermark = Campaign.objects.get().ticket_watermark

    migrate(BEFORE)
    old = rows("SELECT n, accepted, later, unsure FROM notifications_batch")
    jobs = rows("SELECT name FROM notifications_upkeep ORDER BY name")
    migrate()

    assert old == [(30, 27, [1, 2], [3])]
    assert ("forget-topics",) in jobs
    batch = Batch.objects.get()
    assert (batch.size, batch.retry_tickets, batch.uncertain_tickets) == (30, [1, 2], [3])
    assert Quota.objects.get().consecutive_blocks == 2
    assert Campaign.objects.get().ticket_watermark == watermark
    assert Segment.objects.topics().get().listed_on == make.NOON.date()
    assert MaintenanceRun.objects.filter(job="purge-unrequested-topics").exists()
