"""HTTP/2 over TLS: real clients, flow control in both directions, and the limits of sizes."""

from __future__ import annotations

import asyncio
import json
import ssl
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fcm_emulator import frames
from fcm_emulator.frames import Code
from fcm_emulator.http2 import CONNECTION_WINDOW, MAX_STREAMS, STREAM_WINDOW
from h2.events import PingAckReceived
from pyreqwest.client import ClientBuilder
from pyreqwest.http import Url

from notifications.delivery import fcm
from notifications.delivery.outcomes import Outcome
from tests.processes import Emulator
from tests.tools.fcm_emulator.http2.client import PATH, Client, Raw, body, padded

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


@pytest.mark.slow
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
