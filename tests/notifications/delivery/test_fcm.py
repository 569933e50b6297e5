"""Single attempts against servers that misbehave: the outcome, and the number of requests."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications.campaigns.fcm_message import MessageContent, encode_message
from notifications.delivery import fcm, outcomes
from notifications.delivery.fcm import MessageTemplate, PushTarget, Sender
from notifications.delivery.outcomes import Outcome, SendResult
from tests.processes import ROOT, free_port

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ACCEPT = b'HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n{"name": "projects/p/messages/0:1"}  '


class Server:
    """A TCP server in a thread that counts its requests and its open connections."""

    def __init__(self, answer: Answering, context: ssl.SSLContext | None = None) -> None:
        self.requests = self.open = self.most_open = 0
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
                await reader.readexactly(int(length.split(b":")[1]))
                self.requests += 1
                await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return
        finally:
            self.open -= 1
            writer.transport.abort()

    def stop(self) -> None:
        async def end() -> None:
            self._server.close()
            serving = asyncio.all_tasks() - {asyncio.current_task()}
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def serve(settings: Any) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(answer: Answering, context: ssl.SSLContext | None = None) -> Server:
        server = Server(answer, context)
        servers.append(server)
        settings.FCM_ENDPOINT = f"{'https' if context else 'http'}://127.0.0.1:{server.port}"
        return server

    yield start
    for server in servers:
        server.stop()


class Gate:
    """A gate that is open with a minute left, unless a test says otherwise, and records a back-off."""

    def __init__(self, remaining_ttl: Callable[[], int] = lambda: 60) -> None:
        self.remaining_ttl = remaining_ttl
        self.backed_off = False

    def back_off(self) -> None:
        self.backed_off = True


def send(
    number: int = 1, gate: Gate | None = None, *, pause: float = 0.0, starts: float = 0.0, sender: Sender | None = None
) -> dict[int, Outcome]:
    body = encode_message(
        MessageContent(
            platform="android", data={}, title="t", body="b", tag="1", expires=datetime.now(UTC), urgent=False, audible=False
        )
    )
    targets = [PushTarget(ticket, "fid", f"{ticket:022d}", MessageTemplate(body)) for ticket in range(number)]
    sending = (sender or Sender()).send("p", "bearer", targets, gate=gate or Gate(), starts=starts, pause=pause)
    sending.done.result(timeout=40)
    return sending.results


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ACCEPT)
    await writer.drain()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"this is not HTTP\r\n\r\n")
    await writer.drain()
    writer.close()


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ACCEPT[:-10])
    await writer.drain()
    writer.close()


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    for _ in range(15_000):
        writer.write(b"x" * 65_536)
        await writer.drain()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.2)


async def move_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


def test_an_accepted_message_is_accepted(serve: Callable[..., Server]) -> None:
    server = serve(accept)

    results = send(100)

    assert server.requests == len(results) == 100
    assert set(results.values()) == {outcomes.ACCEPTED}


@pytest.mark.parametrize("answer", [reset, hang_up, say_nothing, nonsense, break_off, drip], ids=lambda answer: answer.__name__)
def test_a_request_without_a_response_is_uncertain_after_one_attempt(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, answer: Answering
) -> None:
    monkeypatch.setattr(fcm, "REQUEST_TIMEOUT", 1.0)
    server = serve(answer)

    results = send()

    assert results[0].result is SendResult.UNCERTAIN
    assert server.requests == 1


def test_connections_that_no_request_uses_are_closed(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcm, "IDLE_CONNECTION", 0.2)
    every_request_is_here = threading.Event()

    async def together(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if server.requests == 10:
            every_request_is_here.set()
        while not every_request_is_here.is_set():
            await asyncio.sleep(0.01)
        await accept(reader, writer)

    # The sender is kept: its connections must not be closed because it is gone.
    server, sender = serve(together), Sender()

    results = send(10, sender=sender)
    deadline = time.monotonic() + 30
    while server.open and time.monotonic() < deadline:
        time.sleep(0.05)

    assert set(results.values()) == {outcomes.ACCEPTED}
    assert server.most_open == 10
    assert server.open == 0
    assert send(1, sender=sender).keys() == {0}


def test_an_endless_response_is_cut_off(serve: Callable[..., Server]) -> None:
    server = serve(endless)

    results = send()

    assert results[0].result is SendResult.UNCERTAIN
    assert server.requests == 1


def test_a_redirect_is_not_followed(serve: Callable[..., Server]) -> None:
    server = serve(move_on)

    results = send()

    assert results[0].result is SendResult.RETRY
    assert "307" in results[0].halt_reason
    assert server.requests == 1


def test_a_request_that_was_never_sent_is_retried_and_ends_the_batch(settings: Any) -> None:
    settings.FCM_ENDPOINT = "http://127.0.0.1:9"

    results = send(500)

    assert set(results.values()) == {outcomes.UNREACHABLE}
    assert len(results) <= fcm.CONCURRENT_REQUESTS


def test_no_request_starts_once_the_gate_is_shut(serve: Callable[..., Server]) -> None:
    server = serve(accept)
    left = iter([60] * 10)

    results = send(100, Gate(lambda: next(left, 0)))

    assert server.requests == len(results) == 10
    assert send(5, Gate(lambda: 0)) == {}


def test_requests_are_spread_over_their_permit(serve: Callable[..., Server]) -> None:
    serve(accept)
    sender = Sender()
    send(1, sender=sender)

    began = time.monotonic()
    results = send(51, starts=began + 0.2, pause=0.02, sender=sender)
    took = time.monotonic() - began

    assert len(results) == 51
    # The last one may start that much sooner, together with others; a timer may end a millisecond early.
    assert 1.19 - fcm.START_TOGETHER <= took < 2.0


def test_requests_that_are_due_within_some_milliseconds_start_together(serve: Callable[..., Server]) -> None:
    serve(accept)
    sender = Sender()
    send(1, sender=sender)
    starts: list[float] = []

    def note() -> int:
        starts.append(time.monotonic())
        return 60

    began = time.monotonic() + 0.2
    results = send(30, Gate(note), starts=began, pause=fcm.START_TOGETHER / 10, sender=sender)

    assert len(results) == 30
    due = [began + number // 10 * fcm.START_TOGETHER for number in range(30)]
    # None sooner than that, and a timer may end a millisecond early.
    assert all(start >= instant - 0.002 for start, instant in zip(sorted(starts), due, strict=True))


def test_a_slow_response_is_a_sign_of_trouble(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcm, "SLOW_RESPONSE", 0.1)
    monkeypatch.setattr(fcm, "MAX_SLOW_RESPONSES", 10**6)

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        await accept(reader, writer)

    serve(late)

    results = send(3)

    assert {(outcome.result, outcome.slow) for outcome in results.values()} == {(SendResult.ACCEPTED, True)}


def test_a_response_that_asks_for_a_pause_backs_off_at_once(serve: Callable[..., Server]) -> None:
    async def enough(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    serve(enough)
    gate = Gate()

    results = send(1, gate)

    assert gate.backed_off
    assert (results[0].result, results[0].wait) == (SendResult.RETRY, 7.0)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Create a certificate authority, and with it a certificate for 127.0.0.1."""
    ours, servers = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority, server = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("authority", "server"))

    def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        unsigned = x509.CertificateBuilder().issuer_name(authority).subject_name(subject).public_key(key.public_key())
        unsigned = unsigned.serial_number(x509.random_serial_number())
        return unsigned.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))

    root = builder(authority, ours).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = builder(server, servers).add_extension(here, critical=False)
    bundle, chain, private = folder / "ca.pem", folder / "server.pem", folder / "key.pem"
    bundle.write_bytes(root.sign(ours, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    chain.write_bytes(leaf.sign(ours, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(servers.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return context, bundle


def test_a_server_without_a_trusted_certificate_is_sent_nothing(
    serve: Callable[..., Server], settings: Any, tmp_path: Path
) -> None:
    context, bundle = certificate(tmp_path)
    server = serve(accept, context)

    untrusted = send()
    requests = server.requests
    settings.FCM_CA_BUNDLE = str(bundle)
    trusted = send()

    assert (untrusted[0], requests) == (outcomes.UNREACHABLE, 0)
    assert trusted[0] == outcomes.ACCEPTED


def test_over_tls_everything_is_sent_by_http_2(settings: Any, tmp_path: Path) -> None:
    _, bundle = certificate(tmp_path)
    port = free_port()
    settings.FCM_ENDPOINT, settings.FCM_CA_BUNDLE = f"https://127.0.0.1:{port}", str(bundle)
    command = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "warning"]
    keys = ["--ssl-certificate", str(tmp_path / "server.pem"), "--ssl-keyfile", str(tmp_path / "key.pem")]
    server = subprocess.Popen(
        [sys.executable, "-m", *command, *keys, "tests.notifications.delivery.wsgi_fcm:application"], cwd=ROOT
    )
    trust = ssl.create_default_context(cafile=str(bundle))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    try:
        deadline = time.monotonic() + 20
        while outcomes.ACCEPTED not in send().values():
            assert time.monotonic() < deadline
        results = send(500)
        with direct.open(f"{settings.FCM_ENDPOINT}/", timeout=10) as answer:
            protocols = json.loads(answer.read())
    finally:
        server.terminate()
        server.wait(timeout=10)

    assert set(results.values()) == {outcomes.ACCEPTED}
    assert protocols == {"HTTP/2": 501}
