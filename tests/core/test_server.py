"""The RSGI application without a socket: what it refuses while it is busy, and the environment that Django gets."""

from __future__ import annotations

import asyncio
import faulthandler
import threading
import time
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from core import server
from core.served_paths import NoMemory
from core.server import ServedResponse, Server

READY, MADE = (ServedResponse(200, [], body) for body in (b"ready", b"made"))


class _Memory:
    """Has /ready, and makes /made once it is released."""

    def __init__(self) -> None:
        self.begun, self.released = threading.Event(), threading.Event()

    def held(self, environ: dict[str, Any]) -> ServedResponse | None:
        return READY if environ["PATH_INFO"] == "/ready" else None

    def may_respond(self, environ: dict[str, Any]) -> bool:
        return environ["REQUEST_METHOD"] == "GET"

    def respond(self, environ: dict[str, Any]) -> ServedResponse | None:
        self.begun.set()
        self.released.wait()
        return MADE if environ["PATH_INFO"] == "/made" else None


class _Protocol:
    """Takes a response, and has a body to give."""

    def __init__(self, body: bytes = b"") -> None:
        self._body = body
        self.response: ServedResponse | None = None

    async def __call__(self) -> bytes:
        return self._body

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.response = ServedResponse(status, headers, body)


def _scope(method: str = "GET", path: str = "/x", headers: list[tuple[str, str]] | None = None) -> Any:
    found = headers or []
    return SimpleNamespace(
        method=method, path=path, query_string="a=1", client="[2001:db8::1]:443", scheme="http", http_version="1.1",
        headers=SimpleNamespace(items=lambda: found),
    )  # fmt: skip


def _django(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("201 Created", [("X-Length", str(len(environ["wsgi.input"].read())))])
    return [b"made"]


def _send(application: Server, scope: Any, body: bytes = b"") -> ServedResponse:
    protocol = _Protocol(body)

    async def answer() -> None:
        application._loop = asyncio.get_running_loop()
        await application.__rsgi__(scope, protocol)

    asyncio.run(answer())
    assert protocol.response is not None
    return protocol.response


def test_django_answers_with_the_body_that_was_received() -> None:
    scope = _scope("POST", headers=[("content-length", "3"), ("content-type", "text/plain")])

    response = _send(Server(_django, NoMemory(), threads=1), scope, b"abc")

    assert response == (201, [("X-Length", "3")], b"made")


def test_what_is_ready_waits_neither_for_a_response_that_is_made_nor_for_django() -> None:
    memory, blocked = _Memory(), threading.Event()
    application = Server(_waiting(blocked), memory, threads=1)
    answers = {path: _Protocol() for path in ("/made", "/other", "/x", "/ready", "/healthz")}

    async def answer() -> None:
        application._loop = loop = asyncio.get_running_loop()
        # Django's only thread waits, and so does the one that makes responses.
        slow = [
            asyncio.create_task(application.__rsgi__(_scope(method, path), answers[path]))
            for method, path in (("POST", "/x"), ("GET", "/made"), ("GET", "/other"))
        ]
        await loop.run_in_executor(None, memory.begun.wait)
        for path in ("/ready", "/healthz"):
            await application.__rsgi__(_scope(path=path), answers[path])
        assert [found.response for path, found in answers.items() if path in ("/made", "/other", "/x")] == [None] * 3
        memory.released.set()
        blocked.set()
        await asyncio.gather(*slow)

    asyncio.run(answer())

    assert {path: found.response and found.response.body for path, found in answers.items()} == {
        **{"/made": b"made", "/ready": b"ready", "/other": b"/other", "/x": b"/x", "/healthz": b"/healthz"}
    }


def _waiting(blocked: threading.Event) -> Any:
    """Return a WSGI application that answers with the path: at once for /healthz, else once it is released."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            blocked.wait()
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    return application


def test_a_process_that_is_at_one_response_for_too_long_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[float] = []
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda seconds, **_: renewed.append(seconds))
    memory = _Memory()
    application, protocol = Server(_django, memory, threads=1), _Protocol()

    async def answer() -> None:
        application._loop = loop = asyncio.get_running_loop()
        waiting = asyncio.create_task(application.__rsgi__(_scope(path="/made"), protocol))
        await loop.run_in_executor(None, memory.begun.wait)
        application._live()
        assert application._making_since is not None
        application._making_since -= server.SILENCE
        # The timer that was set last goes off.
        application._live()
        memory.released.set()
        await waiting
        application._live()

    asyncio.run(answer())

    assert renewed == [server.SILENCE, server.SILENCE]
    assert protocol.response == MADE


def test_responses_are_made_one_after_the_other() -> None:
    running, most = [0], [0]

    class Counting(_Memory):
        def respond(self, environ: dict[str, Any]) -> ServedResponse | None:
            running[0] += 1
            most[0] = max(most[0], running[0])
            # Lets another thread run here if there is one.
            time.sleep(0.001)
            running[0] -= 1
            return MADE

    application = Server(_django, Counting(), threads=4)

    async def answer() -> None:
        application._loop = asyncio.get_running_loop()
        await asyncio.gather(*(application.__rsgi__(_scope(), _Protocol()) for _ in range(20)))

    asyncio.run(answer())

    assert most == [1]


@pytest.mark.parametrize(("counter", "limit"), [("_queued", server.MAX_QUEUED), ("_awaited", server.MAX_AWAITED_BODIES)])
def test_too_many_at_once_are_503_with_a_problem_document(counter: str, limit: int) -> None:
    application = Server(_django, NoMemory(), threads=1)
    setattr(application, counter, limit)

    response = _send(application, _scope("POST", headers=[("content-length", "3")]), b"abc")

    assert response.status == 503
    assert ("content-type", "application/problem+json") in response.headers
    assert orjson.loads(response.body)["type"] == "/v1/problems/unavailable"


def test_too_many_responses_to_make_at_once_are_503() -> None:
    memory = _Memory()
    memory.released.set()
    application = Server(_django, memory, threads=1)
    application._missing = server.MAX_MISSES

    assert _send(application, _scope(path="/made")).status == 503
    assert _send(application, _scope(path="/ready")) == READY
    assert _send(application, _scope("POST")).status == 201


def test_a_body_that_is_too_large_is_not_received() -> None:
    scope = _scope("POST", headers=[("content-length", str(server.MAX_BODY + 1))])

    assert _send(Server(_django, NoMemory(), threads=1), scope, b"abc").headers == [("X-Length", "0")]


def test_the_environment_has_each_header_once_and_none_with_an_underscore() -> None:
    sent = [("accept", "a/b"), ("accept", "c/d"), ("cookie", "a=1"), ("cookie", "b=2"), ("x_forwarded_for", "192.0.2.1")]

    environ = server.environ_of(_scope(path="/é", headers=sent))

    assert (environ["HTTP_ACCEPT"], environ["HTTP_COOKIE"]) == ("a/b,c/d", "a=1; b=2")
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert environ["REMOTE_ADDR"] == "2001:db8::1"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/é"


class _Stalled(_Protocol):
    """Takes a response, and has a body that never arrives."""

    async def __call__(self) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError


def _late(path: str, *hosts: str, hosts_seen: list[str] | None = None) -> list[ServedResponse | None]:
    """Return the responses to requests whose bodies never arrive, which end at the same time; `hosts_seen` gets Django's."""

    def django(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if hosts_seen is not None:
            hosts_seen.append(environ["HTTP_HOST"])
        allowed = environ["HTTP_HOST"] == "here"
        start_response("408 Request Timeout" if allowed else "400 Bad Request", [])
        return [environ["HTTP_HOST"].encode()]

    application = Server(django, NoMemory(), threads=1)
    answers = [_Stalled() for _ in hosts]

    async def answer() -> None:
        application._loop = asyncio.get_running_loop()
        scopes = [_scope("POST", path, [("host", host), ("content-length", "9")]) for host in hosts]
        await asyncio.gather(*(application.__rsgi__(*request) for request in zip(scopes, answers, strict=True)))

    asyncio.run(answer())
    return [found.response for found in answers]


def _shorten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "APP_BODY_SECONDS", 0.01)
    monkeypatch.setattr(server, "SPREAD", 0.0)


def test_django_makes_one_refusal_of_a_late_body_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    _shorten(monkeypatch)
    hosts_seen: list[str] = []

    responses = _late("/v1/help", *["here"] * 500, hosts_seen=hosts_seen)

    assert responses == [(408, [], b"here")] * 500
    assert hosts_seen == ["here"]


def test_a_late_body_with_another_fault_does_not_decide_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    _shorten(monkeypatch)

    responses = _late("/v1/help", "elsewhere", "here", "here")

    assert [response and response.status for response in responses] == [400, 408, 408]


def test_a_late_form_outside_the_api_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    _shorten(monkeypatch)
    hosts_seen: list[str] = []

    (response,) = _late("/listed/x", "here", hosts_seen=hosts_seen)

    assert response is not None
    assert response.status == 408
    assert b"Go back and send it again." in response.body
    assert hosts_seen == []
