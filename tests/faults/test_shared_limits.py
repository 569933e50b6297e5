"""Rate limits in a shared cache: the broker of docker/compose.yaml with its password, and a thousand requests at once."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import CacheHandler
from redis import Redis, exceptions
from ruamel.yaml import YAML

from config import env
from core import rate_limits
from core.rate_limits import Network
from tests.processes import free_port

pytestmark = pytest.mark.services
COMPOSE = Path(__file__).resolve().parents[2] / "docker/compose.yaml"
PASSWORD = "0nly4Tests"
CLIENTS, LIMIT = 1_000, 300


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Start Debian's Redis or Valkey as compose does, and return its port."""
    port, program = free_port(), shutil.which("valkey-server") or shutil.which("redis-server")
    assert program
    shell, option, command = YAML(typ="safe").load(COMPOSE)["services"]["valkey"]["command"]
    # Compose writes a dollar for each two.
    own = f"{program} - --bind 127.0.0.1 --port {port} --dir {tmp_path}"
    command = command.replace("$$", "$").replace("valkey-server -", own)
    with (tmp_path / "broker.log").open("wb") as log:
        broker = subprocess.Popen([shell, option, command], env={"BROKER_PASSWORD": PASSWORD}, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while not listens(port):
            assert broker.poll() is None, (tmp_path / "broker.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield port
    finally:
        broker.terminate()
        broker.wait(10)
    assert not listens(port), "what ended is the shell alone"


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_nobody_uses_the_broker_without_its_password(port: int) -> None:
    with pytest.raises(exceptions.AuthenticationError):
        Redis(port=port).ping()
    with pytest.raises(exceptions.AuthenticationError):
        Redis(port=port, password="wrong").ping()
    assert Redis(port=port, password=PASSWORD).ping()


def test_a_limit_is_exact_among_a_thousand_simultaneous_requests(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_URL", f"redis://:{PASSWORD}@127.0.0.1:{port}/1")
    given = env.cache("CACHE_URL")
    # A thousand connections at once take longer here than a request would wait.
    patient = {
        **given,
        "OPTIONS": {**given["OPTIONS"], "socket_connect_timeout": 60, "socket_timeout": 60, "max_connections": CLIENTS},
    }
    caches = CacheHandler({"default": patient})
    monkeypatch.setattr(rate_limits, "caches", caches)
    monkeypatch.setattr(rate_limits, "cache", caches["default"])
    # One window, however long the threads take.
    monkeypatch.setattr("core.rate_limits.time.time", lambda: 6_000_010.0)
    together, results = threading.Barrier(CLIENTS, timeout=120), list[bool | str]()

    def ask() -> None:
        together.wait()
        try:
            results.append(rate_limits.count("registrations", [Network("192.0.2.1", 1)], limit=LIMIT, seconds=60).allowed)
        except Exception as error:
            results.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert {outcome: results.count(outcome) for outcome in set(results)} == {True: LIMIT, False: CLIENTS - LIMIT}
