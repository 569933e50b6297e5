"""The database ends every connection while a campaign is sent: the workers reconnect, settle and continue."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from notifications.campaigns.progress import progress_of
from notifications.models import Campaign
from notifications.registrations import simulation
from tests import make
from tests.faults.workers import Auditor, Workers, end_connections, until
from tests.processes import Emulator

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
DEVICES = 6_000


@pytest.mark.usefixtures("adds_up_at_every_commit")
def test_promise_5_workers_survive_the_loss_of_their_connections(
    workers: Workers, faulty_fcm: Emulator, audited: Callable[[Campaign], Auditor]
) -> None:
    make.app(project=faulty_fcm.project)
    simulation.register_many(DEVICES, app="parent", country=None, at=datetime.now(UTC))
    faulty_fcm.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 150}])
    campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
    auditor = audited(campaign)
    workers.start_beat()
    workers.start()

    until(lambda: faulty_fcm.counts()["messages"] > 500)
    for _ in range(4):
        end_connections()
        time.sleep(0.4)
    until(lambda: progress_of(campaign)["state"] == "done", seconds=90)
    auditor.end()

    counts = progress_of(campaign)
    seen = faulty_fcm.counts()
    assert (counts["devices"], counts["accepted"], counts["pending"]) == (DEVICES, DEVICES, 0)
    assert (seen["addresses"], auditor.faults) == (DEVICES, [])
    # Sent batches were settled after all, or were given up and sent again with the same tag.
    assert seen["doubled"] <= 8 * 500
