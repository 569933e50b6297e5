"""The phones of ./run bench stampede: what they read, and what they count as failed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvloop

from tools.bench.stampede.phones import Plan, crowd, moments
from tools.bench.stampede.report import faults

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


def open_app(answers: dict[str, bytes], **changes: Any) -> dict[str, Any]:
    """Let phones read each path of a server; it closes a connection instead of an empty answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while answer := answers[(await reader.readuntil(b"\r\n\r\n")).split()[1].decode()]:
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def both() -> dict[str, Any]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reads: list[tuple[str, str, dict[str, str]]] = [(path[1:], path, {}) for path in answers]
        async with server:
            return await crowd(Plan(f"http://127.0.0.1:{port}", reads, **{"seconds": 0.2, "burst": 20, **changes}))

    return uvloop.run(both())


def test_each_phone_reads_every_path_over_a_connection_of_its_own() -> None:
    found = open_app({"/alert": OK, "/manifest": b"HTTP/1.1 304 Not Modified\r\n\r\n", "/pack": OK})

    assert (found["done"], found["failed"]) == (20, {})
    assert found["bytes"] == {"alert": 20 * len(OK), "manifest": 20 * 29, "pack": 20 * len(OK)}
    assert 0 < found["whole"]["p50"] <= found["whole"]["p99"] <= found["whole"]["worst"]
    assert set(found["reads"]) == {"alert", "manifest", "pack"}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 503 Away\r\ncontent-length: 0\r\n\r\n", "pack: 503"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "pack: a response without a length"),
        (b"", "connection"),
    ],
)
def test_a_phone_that_cannot_read_fails_once_and_says_why(answer: bytes, fault: str) -> None:
    found = open_app({"/alert": OK, "/pack": answer})

    assert (found["done"], found["failed"]) == (0, {fault: 20})


def test_a_phone_gives_up_on_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.bench.stampede.phones.PATIENCE", 0.3)

    found = open_app({"/alert": b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n"})

    assert found["failed"] == {"timeout": 20}


def test_phones_come_at_random_at_the_rate() -> None:
    plan = Plan("http://127.0.0.1:1", [], seconds=10, rate=100)

    found = list(moments(plan))

    assert found == list(moments(plan)) == sorted(found)
    assert 850 < len(found) < 1150
    assert found[-1] < 10


def test_what_must_not_be_beside_a_campaign_is_named() -> None:
    good = {"missed": 0, "failed": {}, "done": 5}

    assert faults({"beside": {"nginx": good}}) == []
    assert faults({"beside": {"nginx": {"missed": 2, "failed": {"timeout": 3}, "done": 0}}}) == [
        "nginx: 2 devices missed",
        "nginx: 3 phones failed (timeout)",
        "nginx: no phone opened the app",
    ]
