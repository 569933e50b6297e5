"""The front of docker/compose.yaml, by Debian's nginx: what reaches the product, from whom, and what is logged."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.canaries import CANARIES, send_canaries
from tests.faults.proxies import DOCKER, Site, running_proxy
from tests.processes import free_port

pytestmark = pytest.mark.services


@dataclass
class Origin:
    """A server in place of `web` or `console`, and the requests that it received."""

    port: int = 0
    stop: Callable[[], None] = lambda: None
    received: list[tuple[str, str, bytes]] = field(default_factory=list)


@pytest.fixture
def origins() -> Iterator[dict[str, Origin]]:
    with ExitStack() as running:
        yield {name: running.enter_context(_Serving()) for name in ("web", "console")}


class _Serving:
    def __enter__(self) -> Origin:
        origin = Origin()

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                origin.received.append((self.path, self.headers["X-Forwarded-For"], body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_DELETE = do_PATCH = _answer

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        origin.port, origin.stop = self.server.server_address[1], self._stop
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return origin

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def front(tmp_path: Path, origins: dict[str, Origin]) -> Iterator[tuple[Site, Path]]:
    """Run nginx with the shipped file; only names and ports of containers are replaced, and the folder of its files."""
    port = free_port()
    text = (DOCKER / "nginx-front.conf").read_text()
    for ours, here in {
        "listen 8080": f"listen 127.0.0.1:{port}",
        "console:8000": f"127.0.0.1:{origins['console'].port}",
        "web:8000": f"127.0.0.1:{origins['web'].port}",
        "/tmp/": f"{tmp_path}/",
        "worker_processes auto;": "worker_processes 1; daemon off;",
    }.items():
        assert ours in text
        text = text.replace(ours, here)
    main, log = tmp_path / "front.conf", tmp_path / "front.log"
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(f"{user}\n{text}")
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert program
    with log.open("wb") as file:
        process = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(main), "-e", "stderr"], stdout=file, stderr=file)
    try:
        _until_listening(port, process, log)
        yield Site(port), log
    finally:
        process.terminate()
        process.wait(10)


def _until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


def test_staff_and_readers_reach_their_own_process_with_the_address_appended(
    front: tuple[Site, Path], origins: dict[str, Origin]
) -> None:
    site, _ = front

    site.get("/v1/packs/GB/en", X_Forwarded_For="203.0.113.5")
    site.get("/console/login/")
    site.get("/console/text-files/")

    assert origins["web"].received == [("/v1/packs/GB/en", "203.0.113.5, 127.0.0.1", b"")]
    assert [(path, seen) for path, seen, _ in origins["console"].received] == [
        ("/console/login/", "127.0.0.1"),
        ("/console/text-files/", "127.0.0.1"),
    ]


def test_a_request_reaches_the_product_once_its_body_is_there(front: tuple[Site, Path], origins: dict[str, Origin]) -> None:
    site, _ = front
    port = int(site.url.rpartition(":")[2])
    head = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{{"

    with ExitStack() as held:
        slow = [held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(2)]
        for connection, path in zip(slow, ("/v1/help", "/console/login/"), strict=True):
            connection.sendall(head.format(path).encode())
        # Others are answered meanwhile.
        assert site.get("/v1/").status == 200
        assert [path for origin in origins.values() for path, _, _ in origin.received] == ["/v1/"]

        slow[0].sendall(b'"a": 12}')
        assert slow[0].recv(100).startswith(b"HTTP/1.1 200 ")
    assert origins["web"].received[-1] == ("/v1/help", "127.0.0.1", b'{"a": 12}')


def test_a_body_that_is_too_large_is_refused_before_it_is_received(front: tuple[Site, Path], origins: dict[str, Origin]) -> None:
    site, _ = front

    assert site.get("/v1/help", "POST", b"x" * 200_000).status == 413
    assert origins["web"].received == []


def test_the_front_logs_nothing_of_clients(front: tuple[Site, Path], origins: dict[str, Origin]) -> None:
    site, log = front
    port = int(site.url.rpartition(":")[2])

    send_canaries(port)
    assert any("telltale" in path for path, _, _ in origins["web"].received)
    origins["web"].stop()
    assert send_canaries(port)["POST /v1/help"] == 502

    assert log.read_text() == ""


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_a_proxy_with_exported_packs_logs_nothing_of_clients(tmp_path: Path, origins: dict[str, Origin], name: str) -> None:
    (tmp_path / "tree").mkdir()
    web = origins["web"]
    with running_proxy(name, tmp_path, free_port(), tmp_path / "tree", f"127.0.0.1:{web.port}") as site:
        port = int(site.url.rpartition(":")[2])
        send_canaries(port)
        assert any("telltale" in path for path, _, _ in web.received)
        web.stop()
        assert send_canaries(port)["POST /v1/help"] == 503

    log = (tmp_path / f"{name}.log").read_text()
    assert [word for word in CANARIES if word in log] == [], log
