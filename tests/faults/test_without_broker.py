"""Workers poll the database: sending begins, goes on and ends without a broker and without a beat."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.campaigns.progress import progress_of
from notifications.models import Batch, Registration, SyntheticAlert
from notifications.registrations import simulation
from tests import make
from tests.faults.workers import Workers, until
from tests.processes import Emulator

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
DEVICES = 2_000


@pytest.fixture(params=["refuses", "out of memory", "silent"])
def broken_broker(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a Redis that refuses connections, refuses every command, or never answers."""
    if request.param == "refuses":
        yield "redis://127.0.0.1:9/0"
        return
    answer = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n" if request.param == "out of memory" else b""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        threading.Thread(target=_accept, args=[server, answer], daemon=True).start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def _accept(server: socket.socket, answer: bytes) -> None:
    kept = []
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            return
        kept.append(line)
        if answer:
            threading.Thread(target=_refuse, args=[line, answer], daemon=True).start()


def _refuse(line: socket.socket, answer: bytes) -> None:
    try:
        while received := line.recv(65_536):
            line.sendall(answer * max(1, received.count(b"*")))
    except OSError:
        return


def test_a_campaign_is_sent_while_the_broker_is_broken(workers: Workers, faulty_fcm: Emulator, broken_broker: str) -> None:
    workers.environment["BROKER_URL"] = broken_broker
    make.app(project=faulty_fcm.project)
    simulation.register_many(DEVICES, app="parent", country=None, at=datetime.now(UTC))
    everywhere: dict[str, Any] = {"audience": {"countries": "all", "audiences": ["parent"]}}
    campaign = make.campaign(**everywhere)

    worker = workers.start()
    until(lambda: progress_of(campaign)["state"] == "done", seconds=90)

    assert worker.poll() is None
    assert (progress_of(campaign)["accepted"], faulty_fcm.counts()["doubled"]) == (DEVICES, 0)


def test_a_worker_sends_the_synthetic_alert_and_a_campaign_meanwhile(workers: Workers, faulty_fcm: Emulator) -> None:
    make.app(project=faulty_fcm.project)
    make.app("parent-test", project=faulty_fcm.project, test=True)
    make.installations(30)
    workers.environment |= {"SYNTHETIC_APP": "parent-test", "SYNTHETIC_ADDRESS": make.fid(900)}
    campaign = make.campaign()

    workers.start()
    until(lambda: progress_of(campaign)["state"] == "done", seconds=60)
    until(lambda: SyntheticAlert.objects.exclude(accepted_at=None).exists(), seconds=30)

    assert [one["alert"] for one in faulty_fcm.each() if one["address"] == make.fid(900)] == ["0"]
    assert faulty_fcm.counts(alert=str(campaign.pk))["addresses"] == 30


def test_a_worker_that_is_stopped_while_it_polls_leaves_nothing_claimed(workers: Workers, faulty_fcm: Emulator) -> None:
    make.app(project=faulty_fcm.project)
    simulation.register_many(DEVICES, app="parent", country="GB", at=datetime.now(UTC))
    faulty_fcm.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 300}])
    campaign = make.campaign()

    worker = workers.start()
    until(lambda: faulty_fcm.counts()["messages"] > 300, seconds=60)
    workers.stop(worker)

    counts = progress_of(campaign)
    assert not Batch.objects.filter(state="claimed").exists()
    assert counts["accepted"] > 0
    assert counts["accepted"] == faulty_fcm.counts()["accepted_total"]
    assert Registration.objects.reachable().count() == DEVICES
