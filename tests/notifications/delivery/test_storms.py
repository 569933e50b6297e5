"""Low quotas, 503 with Retry-After, a token endpoint that hangs: slower, and only for what is concerned."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from notifications.campaigns.progress import progress_of
from notifications.delivery import fcm, worker
from notifications.models import Batch, Quota
from notifications.models.quota import configured_rate
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import end_waits, tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = 700


@pytest.fixture
def some(fcm_emulator: Emulator) -> Emulator:
    make.app()
    simulation.register_many(DEVICES, app="parent", country="GB", at=datetime.now(UTC))
    return fcm_emulator


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port where connections are accepted and never answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("answer", ["UNAVAILABLE", "INTERNAL"])
def test_one_503_with_retry_after_concerns_its_own_message_alone(some: Emulator, answer: str) -> None:
    some.plan([{"match": {"any": True}, "answer": answer, "retry_after": 600, "times": 2}])
    campaign = make.campaign()

    tick_and_send()

    quota = Quota.objects.get()
    assert (progress_of(campaign)["accepted"], progress_of(campaign)["pending"]) == (DEVICES - 2, 2)
    assert (quota.blocked_until, quota.rate) == (None, configured_rate())
    (left,) = Batch.objects.filter(state="open")
    assert 560 < (left.ready_at - timezone.now()).total_seconds() <= 600
    end_waits()
    tick_and_send()
    assert (progress_of(campaign)["state"], some.counts()["doubled"]) == ("done", 0)


def test_503_to_all_with_retry_after_blocks_the_project_for_so_long(some: Emulator) -> None:
    some.plan([{"match": {"any": True}, "answer": "UNAVAILABLE", "retry_after": 30}])
    campaign = make.campaign()

    tick_and_send(seconds=3)

    blocked = Quota.objects.get().blocked_until
    assert blocked is not None
    assert 24 < (blocked - timezone.now()).total_seconds() <= 30
    assert "unavailable. Trying again at" in progress_of(campaign)["waiting"]
    assert some.counts()["messages"] <= 2 * fcm.CONCURRENT_REQUESTS_PLAIN


def test_no_request_leaves_while_fcm_asked_for_silence(some: Emulator) -> None:
    some.plan([{"match": {"any": True}, "answer": "QUOTA", "retry_after": 60, "times": 1}])
    make.campaign()
    tick_and_send(seconds=2)
    before = some.counts()["messages"]

    for _ in range(3):
        tick_and_send(seconds=0.5)

    assert some.counts()["messages"] == before


@pytest.mark.slow
def test_a_quota_of_a_few_hundred_a_minute_is_slow_and_doubles_nobody(fcm_emulator: Emulator, settings: Any) -> None:
    settings.FCM_MESSAGES_PER_MINUTE, settings.FCM_QUOTA_SHARE = 600, 0.8
    make.app()
    make.installations(60)
    campaign = make.campaign()
    tick()

    for _ in range(8):
        worker.run(seconds=3)
        tick()
        if progress_of(campaign)["state"] == "done":
            break

    counts = fcm_emulator.counts()
    assert (progress_of(campaign)["accepted"], counts["doubled"], counts["messages"]) == (60, 0, 60)
    # 7.7 a second.
    assert counts["last_at"] - counts["first_at"] > 6


@pytest.mark.slow
def test_a_token_endpoint_that_hangs_holds_up_its_own_project_alone(
    fcm_emulator: Emulator, silent_port: int, settings: Any, tmp_path: Path
) -> None:
    account = json.loads(fcm_emulator.credentials_file.read_text())
    hanging = tmp_path / "hanging.json"
    hanging.write_text(json.dumps(account | {"project_id": "hanging", "token_uri": f"http://127.0.0.1:{silent_port}/token"}))
    settings.FIREBASE_PROJECTS = {**settings.FIREBASE_PROJECTS, "hanging": str(hanging)}
    make.app()
    make.installations(30)
    make.app("other", project="hanging")
    for number in range(100, 130):
        make.installation(number, app="other")
    waiting, sent = make.campaign(apps=["other"]), make.campaign()

    tick()
    worker.run(seconds=6)
    tick()

    assert progress_of(sent)["state"] == "done"
    counts = progress_of(waiting)
    assert (counts["state"], counts["pending"]) == ("sending", 30)
    assert "token endpoint" in counts["waiting"]
    assert set(Batch.objects.values_list("state", "claims")) == {("open", 0)}
