"""kill -9 in the middle of a campaign: nobody is missed, repeats are few, and the counts add up throughout."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from notifications.campaigns.progress import progress_of
from notifications.delivery.worker import MAX_OPEN_BATCHES
from notifications.models import Batch, Campaign
from notifications.models.batch import BATCH_SIZE
from notifications.registrations import simulation
from tests import make
from tests.faults.workers import Auditor, Workers, leases_run_out, until
from tests.processes import Emulator

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
DEVICES = 20_000


@pytest.mark.usefixtures("adds_up_at_every_commit")
def test_promise_5_a_killed_worker_misses_nobody(
    workers: Workers, faulty_fcm: Emulator, raw_sql: psycopg.Connection[Any], audited: Callable[[Campaign], Auditor]
) -> None:
    make.app(project=faulty_fcm.project)
    simulation.register_many(DEVICES, app="parent", country=None, at=datetime.now(UTC))
    campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
    auditor = audited(campaign)
    workers.start_beat()

    worker = workers.start()
    until(lambda: faulty_fcm.counts()["messages"] >= DEVICES // 3)
    workers.kill(worker)
    unsettled = leases_run_out(raw_sql)
    workers.start()
    until(lambda: progress_of(campaign)["state"] == "done", seconds=90)
    auditor.end()

    counts = progress_of(campaign)
    each = faulty_fcm.each()
    repeated = [one for one in each if one["received"] > 1]
    assert (counts["devices"], counts["accepted"], counts["pending"]) == (DEVICES, DEVICES, 0)
    assert len(each) == DEVICES
    assert all(one["accepted"] >= 1 for one in each)
    assert 0 < unsettled <= MAX_OPEN_BATCHES
    assert len(repeated) <= unsettled * BATCH_SIZE
    assert {one["tag"] for one in each} == {str(campaign.pk)}
    assert auditor.faults == []
    assert auditor.looks > 20
    assert not Batch.objects.exists()
