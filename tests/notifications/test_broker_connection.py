"""Workers and the beat try to reach a broker that is away for as long as it takes, and find it soon after its return."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker.consumer import Consumer
from kombu.utils import functional

from config.beat import MonotonicScheduler
from config.broker_connection import LONGEST_WAIT, BrokerConnection
from config.celery import _transport, app

#: Of a loopback port on which nothing listens.
NOBODY = "redis://127.0.0.1:9/0"
AN_HOUR = 3600.0


class OutageIsOver(BaseException):
    """An hour has passed. No error, so that nothing on the way counts it as a failure of the broker."""


def worker_connects() -> None:
    """Connect as a worker does."""
    state: Any = SimpleNamespace(app=app, first_connection_attempt=False, broker_connection_retry_attempt=0)
    Consumer.ensure_connected(state, app.connection_for_read(NOBODY, transport="redis"))


def beat_connects() -> None:
    """Connect as the beat does."""
    scheduler = MonotonicScheduler(app=app, lazy=True)
    scheduler.__dict__["connection"] = app.connection_for_write(NOBODY, transport="redis")
    scheduler._ensure_connected()


@pytest.mark.parametrize("connect", [worker_connects, beat_connects])
def test_a_broker_that_is_away_for_an_hour_is_tried_every_five_seconds(
    monkeypatch: pytest.MonkeyPatch, connect: Callable[[], None]
) -> None:
    slept: list[float] = []
    tries = 0
    connect_once: Callable[[BrokerConnection], Any] = BrokerConnection._connection_factory

    def counted(connection: BrokerConnection) -> Any:
        nonlocal tries
        tries += 1
        return connect_once(connection)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if sum(slept) > AN_HOUR:
            raise OutageIsOver

    monkeypatch.setattr(functional, "sleep", sleep)
    monkeypatch.setattr(BrokerConnection, "_connection_factory", counted)

    with pytest.raises(OutageIsOver):
        connect()

    assert tries >= AN_HOUR / LONGEST_WAIT
    assert LONGEST_WAIT <= 5


def test_a_worker_gives_up_a_redis_that_acknowledges_nothing() -> None:
    settings = {url: _transport(url)["broker_transport_options"] for url in (NOBODY, "amqps://broker.example//")}

    assert settings[NOBODY]["socket_keepalive_options"] == {socket.TCP_USER_TIMEOUT: 15_000}
    assert settings["amqps://broker.example//"] == {}
