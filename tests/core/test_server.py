"""The RSGI application without a socket: what it refuses while it is busy, and the environment that Django gets."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from core import server
from core.server import ServedResponse, Server


class _Nothing:
    def respond(self, environ: dict[str, Any]) -> None:
        return None


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

    response = _send(Server(_django, _Nothing(), threads=1), scope, b"abc")

    assert response == (201, [("X-Length", "3")], b"made")


@pytest.mark.parametrize(("counter", "limit"), [("_queued", server.MAX_QUEUED), ("_awaited", server.MAX_AWAITED_BODIES)])
def test_too_many_at_once_are_503_with_a_problem_document(counter: str, limit: int) -> None:
    application = Server(_django, _Nothing(), threads=1)
    setattr(application, counter, limit)

    response = _send(application, _scope("POST", headers=[("content-length", "3")]), b"abc")

    assert response.status == 503
    assert ("content-type", "application/problem+json") in response.headers
    assert orjson.loads(response.body)["type"] == "/v1/problems/unavailable"


def test_a_body_that_is_too_large_is_not_received() -> None:
    scope = _scope("POST", headers=[("content-length", str(server.MAX_BODY + 1))])

    assert _send(Server(_django, _Nothing(), threads=1), scope, b"abc").headers == [("X-Length", "0")]


def test_the_environment_has_each_header_once_and_none_with_an_underscore() -> None:
    sent = [("accept", "a/b"), ("accept", "c/d"), ("cookie", "a=1"), ("cookie", "b=2"), ("x_forwarded_for", "192.0.2.1")]

    environ = server.environ_of(_scope(path="/é", headers=sent))

    assert (environ["HTTP_ACCEPT"], environ["HTTP_COOKIE"]) == ("a/b,c/d", "a=1; b=2")
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert environ["REMOTE_ADDR"] == "2001:db8::1"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/é"
