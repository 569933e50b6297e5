"""HTTP/2 over TLS: real clients, flow control in both directions, limits, and GOAWAY for protocol errors."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fcm_emulator import frames
from fcm_emulator.frames import Code
from fcm_emulator.http2 import CONNECTION_WINDOW, MAX_IDLE_FRAMES, MAX_STREAMS, STREAM_WINDOW
from h2.events import ConnectionTerminated, PingAckReceived
from pyreqwest.client import ClientBuilder
from pyreqwest.http import Url

from notifications.delivery import fcm
from notifications.delivery.outcomes import Outcome
from tests.processes import Emulator, start_emulator
from tests.tools.fcm_emulator.http2_client import PATH, Client, Raw, connect
from tests.tools.fcm_emulator.in_process import make_message
from tools.bench.emulator import access_token


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = start_emulator(tmp_path_factory.mktemp("encrypted"), tls=True)
    yield emulator
    emulator.stop()


@pytest.fixture(scope="module")
def token(encrypted: Emulator) -> str:
    return access_token(encrypted)


@pytest.fixture
def emulator(encrypted: Emulator) -> Emulator:
    encrypted.reset()
    return encrypted


@pytest.fixture
def client(emulator: Emulator, token: str) -> Iterator[Client]:
    with Client(emulator, token) as client:
        yield client


@pytest.fixture
def raw(emulator: Emulator) -> Iterator[Raw]:
    with Raw(emulator) as raw:
        yield raw


def body(**changes: Any) -> bytes:
    return json.dumps({"message": make_message(**changes)}).encode()


def post(raw: Raw, stream: int, token: str, content: bytes) -> tuple[bytes, bytes]:
    block = raw.block(method="POST", path=PATH, authorization=f"Bearer {token}")
    return (
        frames.frame(frames.HEADERS, frames.END_HEADERS, stream, block),
        frames.frame(frames.DATA, frames.END_STREAM, stream, content),
    )


def padded(length: int) -> bytes:
    return body().ljust(length)


def memory(emulator: Emulator) -> int:
    """Return the emulator's resident memory in bytes."""
    status = Path(f"/proc/{emulator.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


# Real clients


@pytest.mark.parametrize("http2", [True, False])
def test_httpx_sends_over_either_protocol(emulator: Emulator, token: str, http2: bool) -> None:
    context = ssl.create_default_context(cafile=str(emulator.ca_bundle))
    with httpx.Client(http2=http2, verify=context, trust_env=False) as client:
        replies = [
            client.post(emulator.url + PATH, content=body(fid=f"f{number}"), headers={"Authorization": f"Bearer {token}"})
            for number in range(5)
        ]

    assert {(reply.status_code, reply.http_version) for reply in replies} == {(200, "HTTP/2" if http2 else "HTTP/1.1")}
    assert replies[0].json()["name"].startswith("projects/fingerpost-test/messages/0:")
    assert emulator.counts("a1")["addresses"] == 5


def test_pyreqwest_sends_a_thousand_at_once_over_one_connection(emulator: Emulator, token: str) -> None:
    async def send() -> list[int]:
        assert emulator.ca_bundle
        builder = ClientBuilder().http2(True).no_proxy().timeout(timedelta(seconds=15)).user_agent("fingerpost")
        client = builder.add_root_certificate_pem(emulator.ca_bundle.read_bytes()).build()

        async def one(number: int) -> int:
            request = client.post(emulator.url + PATH).header("Authorization", f"Bearer {token}")
            async with request.body_bytes(body(fid=f"f{number}")).build_streamed() as response:
                assert response.version == "HTTP/2.0"
                assert await response.body_reader.read(65_536)
                return response.status

        async with client:
            return await asyncio.gather(*(one(number) for number in range(1000)))

    assert set(asyncio.run(send())) == {200}
    assert emulator.counts("a1")["addresses"] == 1000


def test_the_backends_own_sender_gets_its_token_and_sends_over_http2(emulator: Emulator, settings: Any) -> None:
    settings.FCM_ENDPOINT, settings.FCM_CA_BUNDLE = emulator.url, str(emulator.ca_bundle)
    settings.FIREBASE_PROJECTS = {emulator.project: str(emulator.credentials_file)}
    bearer = f"Bearer {fcm.Sender().authorize(emulator.project)}"

    async def send() -> list[Outcome]:
        client = fcm._client()
        posts = (fcm._post(client, Url(emulator.url + PATH), bearer, body(fid=f"f{number}")) for number in range(500))
        async with client:
            return await asyncio.gather(*posts)

    outcomes = asyncio.run(send())

    assert {outcome.result.name for outcome in outcomes} == {"ACCEPTED"}
    assert emulator.counts("a1")["addresses"] == 500


def test_a_page_is_served_over_http2(client: Client) -> None:
    stream = client.post(b"", path="/", **{":method": "GET"})

    assert client.until(stream) == [200]
    assert client.body[stream].startswith(b"<!doctype html>")
    assert client.headers[stream]["content-security-policy"].startswith("default-src 'none'")


def test_a_foreign_host_name_gets_no_page(client: Client) -> None:
    assert client.until(
        client.post(b"", path="/emulator/phones", **{":method": "GET", ":authority": "attacker.example.org"})
    ) == [403]


def test_a_head_request_gets_the_length_and_no_body(client: Client) -> None:
    stream = client.post(b"", path="/healthz", **{":method": "HEAD"})

    assert client.until(stream) == [200]
    assert (client.headers[stream]["content-length"], client.body.get(stream)) == ("12", None)


def test_slow_responses_do_not_delay_others(emulator: Emulator, client: Client) -> None:
    emulator.plan([{"match": {"address_prefix": "slow"}, "answer": "ACCEPT", "latency_ms": 300}])
    slow, quick = client.post(body(fid="slow")), client.post(body(fid="quick"))

    assert client.until(slow, quick) == [200, 200]
    assert client.ended == [quick, slow]


# Flow control


def test_a_response_waits_for_the_windows_of_the_client(emulator: Emulator, token: str) -> None:
    with Client(emulator, token, initial_window_size=10) as client:
        stream = client.post(body())
        while len(client.body.get(stream, b"")) < 10:
            client.receive(acknowledge=False)
        assert stream not in client.ended
        client.h2.increment_flow_control_window(1000, stream)
        client.flush()

        assert client.until(stream) == [200]
        assert json.loads(client.body[stream])["name"]


def test_a_response_waits_for_the_window_of_the_connection(emulator: Emulator, token: str) -> None:
    with Client(emulator, token, initial_window_size=2**30) as client:
        emulator.plan([{"match": {"any": True}, "answer": "HUGE", "times": 1}])
        huge = client.post(body())
        while len(client.body.get(huge, b"")) < 65_535:
            client.receive(acknowledge=False)
        quick = client.post(body())
        client.wire.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.until(quick)
        client.wire.settimeout(10)
        client.h2.reset_stream(huge)
        client.h2.increment_flow_control_window(100_000)
        client.flush()

        assert client.until(quick) == [200]


def test_a_new_initial_window_applies_to_open_streams(emulator: Emulator, token: str) -> None:
    with Client(emulator, token, initial_window_size=0) as client:
        stream = client.post(body())
        while stream not in client.status:
            client.receive()
        client.h2.update_settings({frames.INITIAL_WINDOW_SIZE: 65_535})
        client.flush()

        assert client.until(stream) == [200]


def test_the_window_of_the_connection_is_renewed(client: Client) -> None:
    streams = [client.post(padded(60_000)) for _ in range(2)]
    for _ in range(CONNECTION_WINDOW // 120_000 + 5):
        client.until(*streams)
        streams = [client.post(padded(60_000)) for _ in range(2)]

    assert client.until(*streams) == [200, 200]


def test_a_stream_that_sends_past_its_window_is_reset(raw: Raw) -> None:
    raw.send(frames.frame(frames.HEADERS, frames.END_HEADERS, 1, raw.block(method="POST")))
    raw.send(*(frames.frame(frames.DATA, frames.PADDED, 1, bytes([255]) + b"\0" * 255) for _ in range(STREAM_WINDOW // 256 + 1)))

    _, stream, payload = raw.expect(frames.RST_STREAM)
    assert (stream, int.from_bytes(payload)) == (1, Code.FLOW_CONTROL_ERROR)


# Sizes


def test_a_body_may_have_64_kib_and_no_more(client: Client) -> None:
    fits, too_large = client.post(padded(65_536)), client.post(padded(65_537))

    assert client.until(fits, too_large) == [200, 413]


def test_a_body_may_arrive_byte_by_byte(client: Client) -> None:
    stream = client.h2.get_next_available_stream_id()
    headers = {
        ":method": "POST",
        ":scheme": "https",
        ":authority": "localhost",
        ":path": PATH,
        "authorization": f"Bearer {client.token}",
    }
    client.h2.send_headers(stream, list(headers.items()))
    for byte in body():
        client.h2.send_data(stream, bytes([byte]), pad_length=3)
        client.flush()
    client.h2.send_headers(stream, [("x-checksum", "1")], end_stream=True)
    client.flush()

    assert client.until(stream) == [200]


def test_frames_may_be_split_anywhere(raw: Raw) -> None:
    data = frames.frame(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, 1, raw.block())
    for byte in data + frames.frame(frames.PING, 0, 0, b"12345678"):
        raw.send(bytes([byte]))

    assert raw.expect(frames.DATA)[2] == b'{"ok":true}\n'
    assert raw.expect(frames.PING)[2] == b"12345678"


def test_a_header_block_may_be_split_padded_and_have_priority(raw: Raw) -> None:
    block = raw.block(x_note="n" * 100)
    first = bytes([7]) + b"\0\0\0\0\x10" + block[:20] + b"\0" * 7
    flags = frames.END_STREAM | frames.PADDED | frames.HAS_PRIORITY
    raw.send(frames.frame(frames.HEADERS, flags, 1, first), frames.frame(frames.CONTINUATION, 0, 1, block[20:30]))
    raw.send(frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1, block[30:]))

    assert raw.expect(frames.DATA)[2] == b'{"ok":true}\n'


def test_the_101st_concurrent_stream_is_refused_and_can_be_retried(emulator: Emulator, client: Client) -> None:
    emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 500, "times": MAX_STREAMS}])
    client.h2.remote_settings.max_concurrent_streams = 1000
    streams = [client.post(body(fid=f"f{number}")) for number in range(MAX_STREAMS + 1)]

    assert client.until(*streams) == [200] * MAX_STREAMS + [0]
    assert client.reset[streams[-1]] == Code.REFUSED_STREAM
    assert client.until(client.post(body(fid="again"))) == [200]


def test_ping_is_answered_and_unknown_frames_are_ignored(client: Client) -> None:
    client.wire.sendall(frames.frame(0xEE, 0xFF, 5, b"?"))
    client.h2.ping(b"12345678")
    client.flush()
    while not any(isinstance(event, PingAckReceived) for event in client.events):
        client.receive()

    assert client.until(client.post(body())) == [200]


def test_a_decoder_without_a_table_gets_a_size_update(emulator: Emulator, token: str) -> None:
    with Client(emulator, token, header_table_size=0) as client:
        assert client.until(client.post(body()), client.post(body())) == [200, 200]


def test_header_blocks_that_change_the_table_are_not_confused(client: Client) -> None:
    # The same bytes refer to the newest entry, which is a different one each time.
    statuses = []
    for number in range(200):
        token = client.token if number % 3 else f"stranger-{number}"
        statuses.append(client.until(client.post(body(fid=f"f{number}"), authorization=f"Bearer {token}"))[0])

    assert statuses == [200 if number % 3 else 401 for number in range(200)]


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
