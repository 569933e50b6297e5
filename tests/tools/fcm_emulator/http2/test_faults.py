"""HTTP/2 over TLS: planned faults, and GOAWAY or RST_STREAM for errors of the protocol."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import httpx
import pytest
from fcm_emulator import frames
from fcm_emulator.frames import Code
from fcm_emulator.http2 import MAX_IDLE_FRAMES
from h2.events import ConnectionTerminated

from tests.processes import Emulator
from tests.tools.fcm_emulator.http2.client import PATH, Client, Raw, body, connect, post


def memory(emulator: Emulator) -> int:
    """Return the emulator's resident memory in bytes."""
    status = Path(f"/proc/{emulator.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


# Planned faults


@pytest.mark.parametrize(("answer", "reached"), [("RESET", 0), ("RESET_AFTER_ACCEPT", 1)])
def test_a_reset_ends_only_its_stream(emulator: Emulator, client: Client, answer: str, reached: int) -> None:
    emulator.plan([{"match": {"address_prefix": "bad"}, "answer": answer}])
    bad, good = client.post(body(fid="bad")), client.post(body(fid="good"))

    assert client.until(bad, good) == [0, 200]
    assert client.reset[bad] == Code.INTERNAL_ERROR
    assert emulator.counts("a1")["accepted_total"] == 1 + reached


def test_a_reset_ends_the_connection_if_the_plan_says_so(emulator: Emulator, client: Client) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "RESET", "whole_connection": True}])
    client.post(body())

    with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
        client.until(1)


def test_planned_goaway_answers_open_requests_and_closes(emulator: Emulator, raw: Raw, token: str) -> None:
    slow = {"match": {"address_prefix": "slow"}, "answer": "ACCEPT", "latency_ms": 300}
    emulator.plan([slow, {"match": {"address_prefix": "last"}, "answer": "GOAWAY"}])

    for stream, fid in ((1, "slow"), (3, "last")):
        raw.send(*post(raw, stream, token, body(fid=fid)))

    assert raw.expect(frames.DATA)[1] == 3
    assert raw.expect(frames.GOAWAY)[2] == (3).to_bytes(4) + Code.NO_ERROR.to_bytes(4)
    assert raw.expect(frames.DATA)[1] == 1
    with pytest.raises(EOFError):
        raw.frame()


def test_streams_after_goaway_are_not_served(emulator: Emulator, raw: Raw, token: str) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 200}], goaway_after=1)
    for stream in (1, 3):
        raw.send(*post(raw, stream, token, body()))

    assert int.from_bytes(raw.expect(frames.GOAWAY)[2][:4]) == 1
    assert raw.expect(frames.DATA)[1] == 1
    with pytest.raises(EOFError):
        raw.expect(frames.DATA)
    assert emulator.counts("a1")["messages"] == 1


def test_a_client_continues_after_goaway_on_new_connections(emulator: Emulator, token: str) -> None:
    emulator.plan([], goaway_after=20)
    context = ssl.create_default_context(cafile=str(emulator.ca_bundle))
    with httpx.Client(http2=True, verify=context, trust_env=False) as client:
        replies = [
            client.post(emulator.url + PATH, content=body(fid=f"f{number}"), headers={"Authorization": f"Bearer {token}"})
            for number in range(90)
        ]

    assert {reply.status_code for reply in replies} == {200}
    assert emulator.counts("a1")["addresses"] == 90


@pytest.mark.slow
def test_a_drip_is_one_byte_per_second(emulator: Emulator, client: Client) -> None:
    emulator.plan([{"match": {"address_prefix": "drip"}, "answer": "DRIP"}])
    started = time.monotonic()
    drip = client.post(body(fid="drip"))

    assert client.until(client.post(body(fid="quick"))) == [200]
    while len(client.body.get(drip, b"")) < 3:
        client.receive()
    assert client.body[drip] == b"{\n "
    assert 2 <= time.monotonic() - started < 10


def test_a_huge_response_is_sent_as_it_is_read_and_not_buffered(emulator: Emulator, client: Client) -> None:
    emulator.plan([{"match": {"address_prefix": "huge"}, "answer": "HUGE"}])
    huge = client.post(body(fid="huge"))
    while client.taken.get(huge, 0) < 20_000_000:
        client.receive()

    assert int(client.headers[huge]["content-length"]) == 2**30
    assert memory(emulator) < 200_000_000
    assert client.until(client.post(body(fid="quick"))) == [200]


def test_a_hang_affects_only_its_stream(emulator: Emulator, client: Client) -> None:
    emulator.plan([{"match": {"address_prefix": "hang"}, "answer": "HANG_AFTER_ACCEPT"}])
    hung = client.post(body(fid="hang"))

    assert client.until(client.post(body())) == [200]
    assert hung not in client.status
    assert emulator.counts("a1")["accepted_total"] == 2


# Protocol errors


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (Code.PROTOCOL_ERROR, frames.frame(frames.DATA, 0, 0)),
        (Code.PROTOCOL_ERROR, frames.frame(frames.DATA, 0, 5, b"x")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.HEADERS, frames.END_HEADERS, 0, b"\x82")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.HEADERS, frames.END_HEADERS, 2, b"\x82")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.HEADERS, frames.END_HEADERS | frames.PADDED, 1, b"\x05\x82")),
        (Code.FRAME_SIZE_ERROR, frames.frame(frames.HEADERS, frames.END_HEADERS | frames.HAS_PRIORITY, 1, b"\0\0")),
        (Code.COMPRESSION_ERROR, frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff")),
        (Code.COMPRESSION_ERROR, frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"\xbe")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1, b"\x82")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.HEADERS, 0, 1, b"\x82") + frames.frame(frames.PING, 0, 0, b"12345678")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.HEADERS, 0, 1, b"\x82") + frames.frame(frames.CONTINUATION, 4, 3, b"")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.PRIORITY, 0, 0, b"12345")),
        (Code.FRAME_SIZE_ERROR, frames.frame(frames.RST_STREAM, 0, 1, b"1")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.RST_STREAM, 0, 7, b"1234")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.SETTINGS, 0, 1)),
        (Code.FRAME_SIZE_ERROR, frames.frame(frames.SETTINGS, 0, 0, b"12345")),
        (Code.FRAME_SIZE_ERROR, frames.frame(frames.SETTINGS, frames.ACK, 0, b"123456")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.SETTINGS, 0, 0, frames.SETTING.pack(frames.ENABLE_PUSH, 2))),
        (Code.FLOW_CONTROL_ERROR, frames.frame(frames.SETTINGS, 0, 0, frames.SETTING.pack(frames.INITIAL_WINDOW_SIZE, 2**31))),
        (Code.PROTOCOL_ERROR, frames.frame(frames.SETTINGS, 0, 0, frames.SETTING.pack(frames.MAX_FRAME_SIZE, 5))),
        (Code.PROTOCOL_ERROR, frames.frame(frames.PUSH_PROMISE, 0, 1, b"12345")),
        (Code.PROTOCOL_ERROR, frames.frame(frames.PING, 0, 3, b"12345678")),
        (Code.FRAME_SIZE_ERROR, frames.frame(frames.PING, 0, 0, b"1")),
        (Code.FRAME_SIZE_ERROR, frames.frame(frames.GOAWAY, 0, 0, b"1")),
        (Code.FRAME_SIZE_ERROR, frames.frame(frames.WINDOW_UPDATE, 0, 0, b"1")),
        (Code.PROTOCOL_ERROR, frames.window_update(0, 0)),
        (Code.FLOW_CONTROL_ERROR, frames.window_update(0, 2**31 - 1)),
        (Code.PROTOCOL_ERROR, frames.window_update(9, 1)),
        (Code.FRAME_SIZE_ERROR, frames.frame(frames.DATA, 0, 1, b"x" * 16_385)),
    ],
)
def test_a_broken_frame_ends_the_connection_with_its_code(raw: Raw, code: Code, data: bytes) -> None:
    raw.send(data)

    assert raw.goaway() == code


@pytest.mark.parametrize("settings", [b"", frames.frame(frames.PING, 0, 0, b"12345678")])
def test_a_client_that_does_not_begin_with_settings_gets_goaway(emulator: Emulator, settings: bytes) -> None:
    with Raw(emulator, settings=settings) as raw:
        raw.send(frames.frame(frames.PING, 0, 0, b"12345678"))

        assert raw.goaway() == Code.PROTOCOL_ERROR


def test_a_client_that_does_not_speak_http2_gets_goaway(emulator: Emulator) -> None:
    with connect(emulator) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\n\r\n")
        answer = b""
        while data := wire.recv(65_536):
            answer += data

    assert answer.endswith(b"The connection does not begin with the HTTP/2 preface")


@pytest.mark.parametrize(
    ("without", "headers"),
    [
        ((":path",), {}),
        ((":method",), {}),
        ((":scheme",), {}),
        ((), {"Upper": "x"}),
        ((), {"connection": "close"}),
        ((), {"transfer_encoding": "chunked"}),
        ((), {"te": "gzip"}),
        ((), {":status": "200"}),
        ((), {"content_length": "5"}),
        ((), {"content_length": "five"}),
        ((), {"path": ""}),
        ((), {f"x-{number}": "y" for number in range(200)}),
    ],
)
def test_a_malformed_request_is_reset_others_are_answered(raw: Raw, without: tuple[str, ...], headers: dict[str, str]) -> None:
    flags = frames.END_HEADERS | frames.END_STREAM
    raw.send(frames.frame(frames.HEADERS, flags, 1, raw.block(*without, **headers)))

    _, stream, payload = raw.expect(frames.RST_STREAM)
    assert (stream, int.from_bytes(payload)) == (1, Code.PROTOCOL_ERROR)
    raw.send(frames.frame(frames.HEADERS, flags, 3, raw.block()))
    assert raw.expect(frames.DATA)[2] == b'{"ok":true}\n'


def test_headers_on_a_closed_stream_end_the_connection(raw: Raw) -> None:
    flags = frames.END_HEADERS | frames.END_STREAM
    raw.send(frames.frame(frames.HEADERS, flags, 1, raw.block()), frames.frame(frames.HEADERS, flags, 1, raw.block()))

    assert raw.goaway() == Code.STREAM_CLOSED


def test_a_header_block_without_end_ends_the_connection(raw: Raw) -> None:
    raw.send(frames.frame(frames.HEADERS, 0, 1, b"\x82"))
    raw.send(*(frames.frame(frames.CONTINUATION, 0, 1, b"") for _ in range(100)))

    assert raw.goaway() == Code.ENHANCE_YOUR_CALM


def test_a_header_block_that_expands_too_much_ends_the_connection(raw: Raw) -> None:
    # An entry of 4 kB in the table, referred to many times by one byte each.
    bomb = raw.encoder.encode([("x", "y" * 3_900)]) + b"\xbe" * 1000
    raw.send(frames.frame(frames.HEADERS, frames.END_HEADERS, 1, bomb))

    assert raw.goaway() == Code.COMPRESSION_ERROR


@pytest.mark.parametrize(
    "nuisance", [frames.frame(frames.PING, 0, 0, b"12345678"), frames.frame(frames.SETTINGS, 0, 0), frames.frame(0xEE, 0, 0)]
)
def test_too_many_frames_without_requests_end_the_connection(raw: Raw, nuisance: bytes) -> None:
    raw.send(*[nuisance] * (MAX_IDLE_FRAMES + 10))

    assert raw.goaway() == Code.ENHANCE_YOUR_CALM


def test_too_many_reset_streams_end_the_connection(raw: Raw) -> None:
    for number in range(MAX_IDLE_FRAMES + 10):
        stream = 2 * number + 1
        raw.unread += frames.frame(frames.HEADERS, frames.END_HEADERS, stream, raw.block(method="POST"))
        raw.unread += frames.reset(stream, Code.NO_ERROR)
    flood, raw.unread = raw.unread, b""
    raw.send(flood)

    assert raw.goaway() == Code.ENHANCE_YOUR_CALM


def test_the_emulator_still_serves_after_all_these_faults(client: Client) -> None:
    started = time.monotonic()

    assert client.until(client.post(body())) == [200]
    assert time.monotonic() - started < 5
    assert not any(isinstance(event, ConnectionTerminated) for event in client.events)
