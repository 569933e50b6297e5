"""A real worker with a large campaign under way: an urgent alert to a few begins at once, and the large one goes on."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.registrations import simulation
from tests import make
from tests.faults.workers import Workers, until
from tests.processes import Emulator

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
DEVICES, FEW = 200_000, 220
#: The longest time to the first request of an urgent campaign.
SECONDS = 2.0
SEVERE: dict[str, Any] = {"severity": "Severe", "urgency": "Immediate", "certainty": "Observed", "status": "Actual"}


def test_an_urgent_alert_begins_within_two_seconds_beside_a_large_one_at_full_rate(
    workers: Workers, faulty_fcm: Emulator
) -> None:
    make.app(project=faulty_fcm.project)
    make.app("small", project=faulty_fcm.project)
    simulation.register_many(DEVICES, app="parent", country="GB", at=datetime.now(UTC))
    for number in range(FEW):
        make.installation(number, app="small")
    # So that the large campaign lasts for the whole test.
    faulty_fcm.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 100}])
    workers.start_beat()
    workers.start()
    large = make.campaign(reach=DEVICES)

    def messages() -> int:
        return int(faulty_fcm.counts(alert=str(large.pk))["messages"])

    until(lambda: messages() > 2_000, seconds=90)
    pace = _pace(messages)

    urgent = make.campaign(apps=["small"], alert=SEVERE)
    approved, before = time.monotonic(), messages()
    until(lambda: faulty_fcm.counts(alert=str(urgent.pk))["messages"] > 0)
    took, meanwhile = time.monotonic() - approved, messages() - before
    until(lambda: progress_of(urgent)["state"] == "done")
    after = messages()

    # Or in messages of the large campaign, so that a slow machine does not matter. Its rate changes with what runs beside it.
    assert took <= SECONDS or meanwhile <= SECONDS * max(pace, _pace(messages))
    assert faulty_fcm.counts(alert=str(urgent.pk))["accepted_total"] == FEW
    until(lambda: messages() > after + 1_000)
    assert progress_of(large)["pending"] > 0
    large.refresh_from_db()
    lifecycle.stop(large, by=make.campaign_staff()[0], at=datetime.now(UTC))
    assert faulty_fcm.counts()["doubled"] == 0


def _pace(messages: Any) -> float:
    """Return how many messages a second are sent at the moment."""
    began, before = time.monotonic(), messages()
    time.sleep(SECONDS)
    return float(messages() - before) / (time.monotonic() - began)
