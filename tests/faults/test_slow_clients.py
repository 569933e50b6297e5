"""Clients that send or read slowly, or not at all, over real sockets: nobody else waits for them."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import orjson
import psutil
import pytest

from core import server
from tests.faults.proxies import running_proxy
from tests.faults.web import Web
from tests.packs import Packs, publish
from tests.processes import ROOT, free_port

pytestmark = pytest.mark.django_db(transaction=True)

HELP = {"country": "GB", "situation": "blackmail", "audience": "teen"}
READS = (("/healthz", None), ("/v1/packs/GB/en", None), ("/v1/tips?country=GB&locale=en", None), ("/v1/help", HELP))
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
#: Seconds; a frozen process would not answer at all.
SOON = 3.0


@pytest.fixture
def web(tmp_path: Path, real_packs: Packs) -> Iterator[Web]:
    publish(real_packs, [("GB", "en"), ("ZZ", "en")])
    process = Web(tmp_path)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def _connect(web: Web, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", web.port), timeout=20)
    connection.sendall(request)
    return connection


def _post(path: str, *, length: int = 50, kind: str = JSON) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{{"
    return head.encode()


def _seconds(web: Web, path: str, body: object = None) -> float:
    begun = time.monotonic()
    status, _ = web.ask(path, body)
    assert status == 200, path
    return time.monotonic() - begun


@pytest.mark.services
@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_a_proxy_receives_a_body_before_it_passes_the_request_on(web: Web, tmp_path: Path, name: str) -> None:
    (tmp_path / "tree").mkdir()
    with running_proxy(name, tmp_path, free_port(), tmp_path / "tree", f"127.0.0.1:{web.port}") as site, ExitStack() as held:
        port = int(site.url.rpartition(":")[2])
        for path, kind in (("/v1/help", JSON), ("/console/login/", FORM)) * 20:
            connection = socket.create_connection(("127.0.0.1", port), timeout=20)
            held.enter_context(connection)
            connection.sendall(_post(path, kind=kind))
        time.sleep(server.APP_BODY_SECONDS + 1)
        # The proxy serves packs from the exported tree, which is empty here.
        for path, body in (read for read in READS if "/packs/" not in read[0]):
            begun = time.monotonic()
            assert (site.get(path) if body is None else site.post(path, body)).status == 200
            assert time.monotonic() - begun < SOON, path
        # None of the stalled requests has reached the web process: it would have answered the first with 408.
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)


def _assert_readers_are_served(web: Web) -> None:
    for path, body in READS:
        assert _seconds(web, path, body) < SOON, path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "kind"), [("/v1/help", JSON), ("/v1/registrations", JSON), ("/v1/packs/GB/en", JSON), ("/listed/x", FORM)]
)
def test_a_body_that_never_arrives_is_408_and_keeps_nobody_waiting(web: Web, path: str, kind: str) -> None:
    with _connect(web, _post(path, kind=kind)) as stalled:
        begun = time.monotonic()
        _assert_readers_are_served(web)
        answer = stalled.recv(4096)
        waited = time.monotonic() - begun
        # After the answer, too: the connection is still open at the client's end.
        _assert_readers_are_served(web)

    assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert server.APP_BODY_SECONDS - 0.5 < waited < server.APP_BODY_SECONDS + SOON


@pytest.mark.slow
def test_a_console_form_that_never_arrives_keeps_nobody_waiting(web: Web) -> None:
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(_connect(web, _post("/console/login/", kind=FORM)))
        _assert_readers_are_served(web)
        time.sleep(server.APP_BODY_SECONDS + 1)
        _assert_readers_are_served(web)


def test_promise_13_a_thousand_stalled_connections_keep_nobody_waiting(web: Web) -> None:
    head = b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
    # The whole pack each time; the client does not read it.
    unread = b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    with ExitStack() as held:
        for request in (head, _post("/v1/help"), unread):
            for _ in range(334):
                held.enter_context(_connect(web, request))
        _assert_readers_are_served(web)

    _assert_readers_are_served(web)


@pytest.mark.slow
def test_a_client_that_hangs_up_in_the_middle_is_forgotten(web: Web) -> None:
    for _ in range(50):
        _connect(web, _post("/v1/help")).close()

    _assert_readers_are_served(web)


@pytest.mark.slow
def test_a_body_in_pieces_is_read_whole(web: Web) -> None:
    body = orjson.dumps(HELP)
    with _connect(web, _post("/v1/help", length=len(body))) as slow:
        for letter in body[1:].decode():
            slow.sendall(letter.encode())
            time.sleep(0.01)
        assert slow.recv(64).startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
def test_a_process_without_file_descriptors_answers_again_by_itself(web: Web) -> None:
    assert web._process is not None
    (worker,) = psutil.Process(web._process.pid).children()
    _, most = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (worker.num_fds() + 10, most))

    with ExitStack() as held:
        for _ in range(40):
            held.enter_context(_connect(web, b""))
        time.sleep(1)

    assert web.seconds_until(lambda: _answers(web), at_most=30) >= 0
    assert worker.is_running()
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (most, most))
    _assert_readers_are_served(web)


@pytest.mark.slow
def test_a_worker_that_ends_is_started_again(web: Web) -> None:
    assert web._process is not None
    (worker,) = psutil.Process(web._process.pid).children()
    for _ in range(3):
        assert web.ask("/v1/packs/GB/en")[0] == 200
    worker.kill()

    assert web.seconds_until(lambda: _answers(web), at_most=30) >= 0
    assert web.ask("/v1/packs/GB/en")[0] == 200
    assert b'fingerpost_requests_total{route="pack",status="2xx"} 4\n' in web.ask("/metrics")[1]


def _answers(web: Web) -> bool:
    try:
        return web.ask("/healthz")[0] == 200
    except OSError:
        return False


_FROZEN = """
import asyncio, re, sys, time
from core import server
server.SILENCE, server.HEARTBEAT = 1.0, 0.1
loop = asyncio.new_event_loop()
server.Server(lambda *_: [], None, threads=1).__rsgi_init__(loop)
print("alive", flush=True)
loop.call_later(2, {freeze})
loop.run_forever()
"""


@pytest.mark.slow
@pytest.mark.parametrize("freeze", ["time.sleep, 60", "re.match, '(a|a)*b', 'a' * 40"], ids=["sleeping", "computing"])
def test_a_process_that_is_silent_ends_itself(freeze: str) -> None:
    begun = time.monotonic()

    ended = subprocess.run(
        [sys.executable, "-c", _FROZEN.format(freeze=freeze)], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )

    # It lived for twice the silence before it froze.
    assert ended.stdout == "alive\n"
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr
    assert time.monotonic() - begun > 2
