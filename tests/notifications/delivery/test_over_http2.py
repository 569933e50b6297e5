"""The whole path over TLS and HTTP/2, as to Google: connections closed by GOAWAY, streams that are reset."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.campaigns.progress import progress_of
from notifications.delivery import fcm, worker
from notifications.models import Batch, Campaign
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import tick
from tests.processes import Emulator, start_emulator

pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = 3_000


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = start_emulator(tmp_path_factory.mktemp("fcm-tls"), tls=True)
    yield emulator
    emulator.stop()


@pytest.fixture
def thousands(encrypted: Emulator, settings: Any) -> Emulator:
    encrypted.reset()
    settings.FCM_ENDPOINT, settings.FCM_CA_BUNDLE = encrypted.url, str(encrypted.ca_bundle)
    settings.FIREBASE_PROJECTS = {encrypted.project: str(encrypted.credentials_file)}
    fcm._sender_of.cache_clear()
    make.app()
    simulation.register_many(DEVICES, app="parent", country="GB", at=datetime.now(UTC))
    return encrypted


def send_all() -> Campaign:
    campaign = make.campaign()
    tick()
    for _ in range(3):
        worker.run(seconds=20)
        Batch.objects.filter(state="open").update(ready_at=datetime(2026, 1, 1, tzinfo=UTC))
    tick()
    return campaign


def test_every_installation_is_reached_once_over_http_2(thousands: Emulator) -> None:
    campaign = send_all()

    assert (progress_of(campaign)["state"], progress_of(campaign)["accepted"]) == ("done", DEVICES)
    assert (thousands.counts()["accepted_total"], thousands.counts()["doubled"]) == (DEVICES, 0)


def test_connections_closed_by_goaway_lose_and_double_nobody(thousands: Emulator) -> None:
    thousands.post("/emulator/plan", {"rules": [], "goaway_after": 40})

    campaign = send_all()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], counts["unknown"]) == ("done", DEVICES, 0)
    assert thousands.counts()["addresses"] == DEVICES


def test_a_stream_reset_after_acceptance_makes_one_device_uncertain(thousands: Emulator) -> None:
    thousands.plan([{"match": {"every": 100}, "answer": "RESET_AFTER_ACCEPT", "times": 10}])

    campaign = send_all()

    counts = progress_of(campaign)
    # Each of them was tried once more, and accepted.
    assert (counts["state"], counts["accepted"], counts["unknown"]) == ("done", DEVICES, 0)
    assert (thousands.counts()["addresses"], thousands.counts()["doubled"]) == (DEVICES, 10)
