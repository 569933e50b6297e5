"""What a worker reads wake-ups with notices a crash of Redis, even if acknowledgements were lost in it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.messaging import Consumer

from config.broker_connection import transport_options
from config.celery import app
from tools.faults.debian_servers import DebianServices
from tools.sandbox.interrupts import Interrupts

pytestmark = [pytest.mark.faults, pytest.mark.services]
#: Of a worker with two processes; config/celery.py lets each prefetch one.
PREFETCHED = 2


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
