"""HTTP/1.1: keep-alive, pipelining in order, limits, and faults on the wire."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Emulator
from tests.tools.fcm_emulator.in_process import make_assertion, make_message

HOST = b"Host: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def token(running_emulator: Emulator) -> bytes:
    key_file = json.loads(Path(running_emulator.credentials_file).read_text())
    assertion = make_assertion(key_file, iat=int(time.time()), exp=int(time.time()) + 3600)
    form = f"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}".encode()
    with connect(running_emulator) as wire:
        wire.sendall(b"POST /token HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(form) + form)
        return json.loads(read_answer(wire)[2])["access_token"].encode()


@pytest.fixture
def wire(emulator: Emulator) -> Iterator[socket.socket]:
    with connect(emulator) as wire:
        yield wire


def connect(emulator: Emulator) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])), timeout=10)


def read_answer(wire: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read exactly one response byte by byte, so that the next one stays in the socket."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = wire.recv(1)
        if not byte:
            raise EOFError(head)
        head += byte
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
    body = b""
    while len(body) < int(headers["content-length"]):
        body += wire.recv(int(headers["content-length"]) - len(body))
    return int(status.split()[1]), headers, body


def sending(token: bytes, **changes: Any) -> bytes:
    body = json.dumps({"message": make_message(**changes)}).encode()
    return (
        b"POST /v1/projects/fingerpost-test/messages:send HTTP/1.1\r\n" + HOST + b"Authorization: Bearer " + token
        + b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )  # fmt: skip


def closed(wire: socket.socket) -> bool:
    wire.settimeout(5)
    return wire.recv(1) == b""


def test_one_connection_serves_many_requests(wire: socket.socket, token: bytes) -> None:
    for _ in range(3):
        wire.sendall(sending(token))
        status, headers, _ = read_answer(wire)
        assert (status, headers.get("connection")) == (200, None)


def test_pipelined_requests_are_answered_in_order(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan(
        [
            {"match": {"address_prefix": "slow"}, "answer": "INTERNAL", "latency_ms": 300},
            {"match": {"address_prefix": "gone"}, "answer": "UNREGISTERED"},
        ]
    )

    wire.sendall(
        sending(token, fid="quick-1")
        + sending(token, fid="slow-1")
        + sending(token, fid="gone-1")
        + sending(token, fid="quick-2")
    )

    assert [read_answer(wire)[0] for _ in range(4)] == [200, 500, 404, 200]


def test_a_response_comes_no_earlier_than_its_latency(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 150}])
    started = time.monotonic()

    wire.sendall(sending(token))

    assert read_answer(wire)[0] == 200
    assert 0.15 <= time.monotonic() - started < 5


def test_a_thousand_requests_behind_a_slow_one_are_answered(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 200, "times": 1}])
    received = b""

    wire.sendall(b"".join(sending(token, fid=f"fid-{number}") for number in range(1000)))
    while received.count(b"HTTP/1.1 200 OK") < 1000:
        received += wire.recv(65_536)

    assert emulator.counts("a1")["addresses"] == 1000


def test_a_request_may_arrive_byte_by_byte(wire: socket.socket, token: bytes) -> None:
    for byte in sending(token, data={"alert": "a1"}, android=None):
        wire.send(bytes([byte]))

    assert read_answer(wire)[0] == 200


def test_a_chunked_body_is_read(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    body = json.dumps({"message": make_message(fid="chunked")}).encode()
    head = b"POST /v1/projects/fingerpost-test/messages:send HTTP/1.1\r\n" + HOST + b"Authorization: Bearer " + token
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:]))

    wire.sendall(head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")

    assert read_answer(wire)[0] == 200
    assert [one["address"] for one in emulator.each("a1")] == ["chunked"]


def test_connection_close_closes_after_the_response(wire: socket.socket) -> None:
    wire.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")

    status, headers, _ = read_answer(wire)

    assert (status, headers["connection"]) == (200, "close")
    assert closed(wire)


def test_a_head_request_gets_the_length_and_no_body(wire: socket.socket) -> None:
    wire.sendall(b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")

    answer = b""
    while part := wire.recv(4096):
        answer += part

    assert b"Content-Length: 12\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /token HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /token HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /token HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_malformed_http_is_400_and_closes_the_connection(wire: socket.socket, nonsense: bytes) -> None:
    wire.sendall(nonsense)

    status, headers, body = read_answer(wire)

    assert (status, headers["connection"], json.loads(body)["error"]["status"]) == (400, "close", "INVALID_ARGUMENT")
    assert closed(wire)


def test_a_body_may_have_64_kib_and_no_more(wire: socket.socket, emulator: Emulator) -> None:
    head = b"POST /emulator/reset HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    wire.sendall(head % 65_536 + b" " * 65_534 + b"{}")
    assert read_answer(wire)[0] == 200
    with connect(emulator) as other:
        other.sendall(head % 65_537 + b" " * 65_537)
        assert read_answer(other)[0] == 413


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: a\r\n" % number for number in range(200)) + b"\r\n",
    ],
)
def test_a_head_that_is_too_large_is_rejected(wire: socket.socket, head: bytes) -> None:
    wire.sendall(head)

    assert read_answer(wire)[0] == 431
    assert closed(wire)


def test_a_head_without_end_closes_the_connection(wire: socket.socket) -> None:
    wire.sendall(b"GET / HTTP/1.1\r\nX: ")

    with pytest.raises(OSError):  # noqa: PT012
        for _ in range(1000):
            wire.sendall(b"a" * 10_000)
            time.sleep(0.001)


@pytest.mark.parametrize("answer", ["RESET", "RESET_AFTER_ACCEPT"])
def test_a_planned_reset_sends_rst(emulator: Emulator, wire: socket.socket, token: bytes, answer: str) -> None:
    emulator.plan([{"match": {"any": True}, "answer": answer}])

    wire.sendall(sending(token))

    with pytest.raises(ConnectionResetError):
        wire.recv(1)
    assert emulator.counts("a1")["accepted_total"] == (1 if answer == "RESET_AFTER_ACCEPT" else 0)


def test_a_planned_reset_can_be_delayed(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "RESET", "latency_ms": 200}])
    started = time.monotonic()

    wire.sendall(sending(token))

    with pytest.raises(ConnectionResetError):
        wire.recv(1)
    assert time.monotonic() - started >= 0.2


def test_a_planned_hang_affects_no_other_connection(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "HANG", "times": 1}])

    wire.sendall(sending(token))
    wire.settimeout(0.5)

    with pytest.raises(TimeoutError):
        wire.recv(1)
    with connect(emulator) as other:
        other.sendall(sending(token))
        assert read_answer(other)[0] == 200


def test_a_client_may_disconnect_before_its_response(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan([{"match": {"any": True}, "answer": answer, "latency_ms": 100, "times": 1} for answer in ("ACCEPT", "RESET")])
    for _ in range(2):
        with connect(emulator) as hasty:
            hasty.sendall(sending(token))
    time.sleep(0.3)

    wire.sendall(sending(token))

    assert read_answer(wire)[0] == 200


@pytest.mark.parametrize("kind", [b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data", b""])
def test_a_form_on_another_site_cannot_change_the_plan(wire: socket.socket, kind: bytes) -> None:
    body = b'{"rules": [{"match": {"any": true}, "answer": "INTERNAL"}]}'

    wire.sendall(
        b"POST /emulator/plan HTTP/1.1\r\n"
        + HOST
        + b"Content-Type: "
        + kind
        + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
        + body
    )

    assert read_answer(wire)[0] == 415


def test_a_foreign_host_name_gets_no_page(wire: socket.socket) -> None:
    wire.sendall(b"GET /emulator/phones HTTP/1.1\r\nHost: attacker.example.org\r\n\r\n")

    assert read_answer(wire)[0] == 403


def test_goaway_after_closes_the_connection(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan([], goaway_after=2)

    wire.sendall(sending(token, fid="a") + sending(token, fid="b") + sending(token, fid="c"))

    assert [read_answer(wire)[1].get("connection") for _ in range(2)] == [None, "close"]
    assert closed(wire)
    assert emulator.counts("a1")["addresses"] == 2


def test_planned_goaway_closes_after_the_response(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "GOAWAY"}])

    wire.sendall(sending(token))

    status, headers, body = read_answer(wire)
    assert (status, headers["connection"], b"projects/" in body) == (200, "close", True)
    assert closed(wire)


@pytest.mark.slow
def test_a_drip_is_one_byte_per_second_and_keeps_the_order(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "DRIP"}])
    started = time.monotonic()

    wire.sendall(sending(token))
    received = b""
    while not received.endswith(b"{\n "):
        received += wire.recv(1)

    assert 2 <= time.monotonic() - started < 10


def test_a_huge_response_is_sent_as_it_is_read(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "HUGE"}])

    wire.sendall(sending(token))
    head = wire.recv(65_536)
    taken = 0
    while taken < 20_000_000:
        taken += len(wire.recv(1_000_000))

    assert b"Content-Length: 1073741824\r\n" in head
    resident = Path(f"/proc/{emulator.process.pid}/status").read_text().partition("VmRSS:")[2].split()[0]
    assert int(resident) < 200_000


@pytest.mark.parametrize("cut", [None, 1, 200, -1])
def test_requests_may_be_split_anywhere(emulator: Emulator, wire: socket.socket, token: bytes, cut: int | None) -> None:
    requests = [sending(token, fid=f"fid-{number}") for number in range(9)]
    for request in requests[:4]:
        wire.sendall(request)
        assert read_answer(wire)[0] == 200
    rest = b"".join(requests[4:])

    for part in (rest[:cut], rest[cut:] if cut else b""):
        wire.sendall(part)
        time.sleep(0.05)

    assert [read_answer(wire)[0] for _ in range(5)] == [200] * 5
    assert sorted(one["address"] for one in emulator.each("a1")) == [f"fid-{number}" for number in range(9)]


@pytest.mark.parametrize(
    "before", [b"\r\n\r\n", b"\r\n", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"], ids=["two", "one", "request"]
)
def test_bytes_before_a_request_do_not_confuse_the_parser(wire: socket.socket, token: bytes, before: bytes) -> None:
    for _ in range(3):
        wire.sendall(before + sending(token))
        if before.startswith(b"GET"):
            assert read_answer(wire)[0] == 200
        assert b"projects/" in read_answer(wire)[2]


def test_a_body_that_looks_like_a_request_is_a_body(emulator: Emulator, wire: socket.socket, token: bytes) -> None:
    inner = sending(token, fid="inner")
    head = b"POST /v1/projects/fingerpost-test/messages:send HTTP/1.1\r\n" + HOST + b"Authorization: Bearer " + token
    request = head + b"\r\nContent-Length: %d\r\n\r\n" % (len(inner) + 4) + b"\r\n\r\n" + inner

    for _ in range(3):
        wire.sendall(request)
        assert read_answer(wire)[0] == 400

    assert emulator.counts()["messages"] == 3
    assert emulator.each() == []
