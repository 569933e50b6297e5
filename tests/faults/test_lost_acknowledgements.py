"""A worker, and the channel that it reads wake-ups with, notice a crash of Redis also if it lost acknowledgements."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.messaging import Consumer

from config.broker_connection import transport_options
from config.celery import app
from tests.faults import tried_acknowledgements
from tests.faults.workers import Workers, until
from tools.faults.debian_servers import DebianServices
from tools.sandbox.interrupts import Interrupts

pytestmark = [pytest.mark.faults, pytest.mark.services]
#: Of a worker with two processes; config/celery.py lets each prefetch one.
PREFETCHED = 2
#: Seconds that a step may take on a slow machine. A worker that notices nothing would wait for ever.
PATIENCE = 90
#: Does nothing but delete expired sessions, and nothing else sends it here.
TASK = "core.tasks.forget_sessions"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[DebianServices]:
    before = {number: signal.getsignal(number) for number in Interrupts.SIGNALS}
    made = DebianServices(tmp_path, Interrupts())
    yield made
    made.stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_channel_notices_that_redis_crashed_before_its_messages_were_acknowledged(services: DebianServices) -> None:
    url, queue = services.redis(), Queue("upkeep", routing_key="upkeep")
    taken: list[Any] = []

    with app.connection_for_read(url, transport="redis", transport_options=transport_options(url)) as broker:
        producer = broker.Producer()
        for number in range(PREFETCHED):
            producer.publish({"number": number}, routing_key="upkeep", declare=[queue])
        with Consumer(broker, [queue], callbacks=[lambda _, message: taken.append(message)], prefetch_count=PREFETCHED):
            while len(taken) < PREFETCHED:
                broker.drain_events(timeout=5)
            services.kill("redis")
            for message in taken:
                with pytest.raises(broker.connection_errors):
                    message.ack()
            services.start_again("redis")

            assert _notices_the_end_of(broker, seconds=5)


def _notices_the_end_of(broker: Connection, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            broker.drain_events(timeout=1)
        except TimeoutError:
            continue
        except broker.connection_errors:
            return True
    return False


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_wake_ups_after_redis_crashed_before_it_acknowledged_any(
    workers: Workers, services: DebianServices
) -> None:
    url = services.redis()
    workers.environment["BROKER_URL"] = url
    worker = workers.start(include=tried_acknowledgements.__name__)
    until(lambda: "ready." in workers.log(), PATIENCE)
    children = psutil.Process(worker.pid).children()

    # A worker acknowledges a message when one of its children begins with it; these are stopped meanwhile.
    for child in children:
        child.suspend()
    for _ in range(PREFETCHED):
        _send(url)
    until(lambda: _unacknowledged(url) == PREFETCHED, PATIENCE)
    services.kill("redis")
    for child in children:
        child.resume()
    # After the first failure it has room for another message, and notices; otherwise it loses the second as well.
    until(lambda: "broker lost" in workers.log() or workers.log().count(tried_acknowledgements.LINE) == PREFETCHED, PATIENCE)
    services.start_again("redis")
    after_the_crash = _send(url)

    assert len(children) == PREFETCHED
    assert "Couldn't ack" in workers.log()
    # Of the two before, one may be lost: Celery forgets those that have not begun when it loses the broker.
    until(lambda: f"[{after_the_crash}] succeeded" in workers.log(), PATIENCE)
    assert worker.poll() is None


def _send(url: str) -> str:
    """Send a task and return its id."""
    with app.connection_for_write(url, transport="redis", transport_options=transport_options(url)) as broker:
        return str(app.send_task(TASK, connection=broker).id)


def _unacknowledged(url: str) -> int:
    """Return how many messages Redis has delivered that were not acknowledged."""
    with app.connection_for_read(url, transport="redis", transport_options=transport_options(url)) as broker:
        return int(broker.default_channel.client.hlen("unacked"))
