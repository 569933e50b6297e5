"""Messages that no version of a worker understands are dropped with a line in the log; wake-ups behind them are taken."""

from __future__ import annotations

import json
import pickle
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from kombu.connection import Connection

from config.celery import _transport
from notifications.campaigns.progress import progress_of
from notifications.models import Heartbeat, HeartbeatPart
from tests import make
from tests.faults.workers import Workers, until
from tests.processes import Emulator
from tools.faults.debian_servers import DebianServices
from tools.sandbox.interrupts import Interrupts

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
PATIENCE = 90
QUEUES = ("delivery", "upkeep")
_TICK = {"task": "notifications.tasks.tick", "id": "1", "lang": "py"}
_LATER = {"task": "notifications.tasks.of_a_later_version", "id": "2", "lang": "py"}
_NOTHING: list[Any] = [[], {}, {}]
#: What to publish: a name for the log, the body, and the properties of the message.
STRANGE: tuple[tuple[bytes, dict[str, Any]], ...] = (
    (b"{no json", {"content_type": "application/json", "headers": _TICK}),
    (b"\xff\xfe", {"content_type": "application/json", "headers": _TICK}),
    (json.dumps({"neither": "arguments"}).encode(), {"content_type": "application/json", "headers": _TICK}),
    (json.dumps([["positional"], {}, {}]).encode(), {"content_type": "application/json", "headers": _TICK}),
    (json.dumps(_NOTHING).encode(), {"content_type": "application/json", "headers": _LATER}),
    (json.dumps(_NOTHING).encode(), {"content_type": "application/json", "headers": {}}),
    (pickle.dumps(_NOTHING), {"content_type": "application/x-python-serialize", "headers": _TICK}),
    (b"text", {"content_type": "text/plain", "headers": {}}),
    # Celery's own consumer ends with these two.
    (json.dumps(_NOTHING).encode(), {"content_type": "application/json", "headers": {"task": _LATER["task"]}}),
    (b"", {"content_type": "application/json", "headers": {"task": ["a", "list"], "id": None}}),
)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    before = {number: signal.getsignal(number) for number in Interrupts.SIGNALS}
    services = DebianServices(tmp_path, Interrupts())
    yield services.redis()
    services.stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_strange_messages_hold_up_nothing(workers: Workers, faulty_fcm: Emulator) -> None:
    with _broker(workers.environment["BROKER_URL"]) as broker:
        _publish(broker)

    _sends_and_takes_wake_ups(workers, faulty_fcm)


@pytest.mark.services
def test_strange_messages_in_redis_hold_up_nothing(workers: Workers, faulty_fcm: Emulator, redis: str) -> None:
    workers.environment["BROKER_URL"] = redis
    with _broker(redis) as broker:
        _publish(broker)
        # What Celery never writes: no envelope around the message, or one without what belongs into it.
        for queue in QUEUES:
            for raw in ("{no json", "[]", "null", json.dumps({"body": "x"}), "\xff"):
                broker.default_channel.client.lpush(queue, raw)

    _sends_and_takes_wake_ups(workers, faulty_fcm)


def _sends_and_takes_wake_ups(workers: Workers, faulty_fcm: Emulator) -> None:
    make.app(project=faulty_fcm.project)
    make.installations(30)
    campaign = make.campaign()
    worker = workers.start()
    workers.start_beat()

    until(lambda: progress_of(campaign)["state"] == "done", PATIENCE)
    until(lambda: Heartbeat.objects.filter(part=HeartbeatPart.BEAT).exists(), PATIENCE)

    log = workers.log()
    assert worker.poll() is None, log[-3000:]
    assert "of_a_later_version" in log
    assert "Can't decode message body" in log
    assert (faulty_fcm.counts()["accepted_total"], faulty_fcm.counts()["doubled"]) == (30, 0)


def _broker(url: str) -> Connection:
    app = Celery()
    app.conf.update(_transport(url))
    return app.connection_for_write()


def _publish(broker: Connection) -> None:
    producer = broker.Producer()
    for queue in QUEUES:
        producer.maybe_declare(_queue(queue, broker))
        for body, properties in STRANGE:
            producer.publish(body, exchange="", routing_key=queue, content_encoding="utf-8", **properties)


def _queue(name: str, broker: Connection) -> Any:
    return broker.SimpleQueue(name).queue
