"""The same processes and the same journey against Debian's PostgreSQL, with Redis and with RabbitMQ in place of a folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.broker_connection import UNACKNOWLEDGED, transport_options
from config.celery import app
from tests.tools.sandbox.runs import ROOT, left_running, plain_environment, usual_signals
from tools.faults.debian_servers import DebianServices
from tools.sandbox import demo
from tools.sandbox.http_client import Client
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.supervisor import Sandbox

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def interrupts() -> Iterator[Interrupts]:
    with usual_signals():
        yield Interrupts()


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, interrupts: Interrupts) -> Iterator[DebianServices]:
    made = DebianServices(tmp_path_factory.mktemp("debian"), interrupts)
    yield made
    made.stop()
    assert left_running(made.home) == []


@pytest.fixture(scope="module")
def database_url(services: DebianServices) -> str:
    return services.postgres()


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """Return a run folder that both journeys use, because they share a database: the second has no migration to apply."""
    made = Paths(root=ROOT, run=tmp_path_factory.mktemp("journeys") / "run")
    made.create()
    return made


@pytest.mark.timeout(300)
@pytest.mark.parametrize("broker", ["redis", "rabbitmq"])
def test_the_journey_on_debians_postgresql(
    paths: Paths, services: DebianServices, database_url: str, interrupts: Interrupts, broker: str
) -> None:
    broker_url = services.redis() if broker == "redis" else services.rabbitmq()
    sandbox = Sandbox(paths, interrupts, plain_environment(), database_url=database_url, broker_url=broker_url)
    sandbox.new_database = not (paths.run / "staff.json").exists()

    try:
        sandbox.start(any_free_port(), console=False)
        seen = demo.run_demo(sandbox, everything=True).figures if broker == "redis" else _send(sandbox)
        running = {child.name for child in sandbox.processes.running if child.poll() is None}
        log = (paths.logs / "worker.log").read_text()
    finally:
        sandbox.stop()

    assert seen["registrations"] == seen["devices"] == seen["accepted"] == demo.SAMPLE_DEVICES
    assert seen["rejected"] == seen["unknown"] == seen["skipped"] == 0
    assert running == {"emulator", "web", "worker", "beat"}
    assert f"transport:   {broker_url.split('://')[0]}://" in log
    if broker == "rabbitmq":
        assert set(services.rabbitmq_queues()) == {("delivery", "quorum"), ("upkeep", "quorum")}
    with psycopg.connect(database_url) as connection:
        major = connection.info.server_version // 10000
    assert 15 <= major <= 18
    assert not (paths.run / "postgres.json").exists()


def _send(sandbox: Sandbox) -> dict[str, Any]:
    """Carry out the part of the journey that has to do with the broker, on the content of the journey before."""
    client = Client(sandbox.web)
    registered = {"registrations": demo.register_devices(client, sandbox), "topics": demo.request_topics(client)}
    figures = demo.send_campaign(client, sandbox)
    client.close()
    return registered | figures


@pytest.mark.usefixtures("database_url")
def test_the_servers_are_processes_of_the_test_and_not_roots(services: DebianServices) -> None:
    services.redis()

    for child in services.processes.running:
        owner = Path(f"/proc/{child.pid}").owner()
        assert owner == ("nobody" if os.geteuid() == 0 else Path.home().owner())


def test_a_connection_to_redis_has_the_limit_for_packets_that_nobody_acknowledges(services: DebianServices) -> None:
    url = services.redis()

    with app.connection_for_read(url, transport="redis", transport_options=transport_options(url)) as broker:
        client = broker.default_channel.client
        client.ping()
        (line,) = (connection._sock for connection in client.connection_pool._available_connections)
        limit = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert limit == UNACKNOWLEDGED * 1000
