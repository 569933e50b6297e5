"""The RSGI application that granian serves: it reads bodies itself, and runs Django in threads.

A body is awaited on the event loop, with a deadline and a limit, before anything else sees the request: a client that sends
slowly holds a few kilobytes, and no thread. Responses from memory are sent from the event loop. A process whose event loop
has been silent for SILENCE seconds ends itself, so that its supervisor starts another.

RSGI: https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from __future__ import annotations

import asyncio
import faulthandler
import random
import resource
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any, NamedTuple, Protocol

import orjson
from granian._granian import RSGIProtocolClosed

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]

#: Seconds for a whole body of an app, and of a form in the console, which staff send over slow lines too.
APP_BODY_SECONDS, FORM_BODY_SECONDS = 5.0, 30.0
#: Seconds, drawn for each request, by which the refusal of a late body comes later: a thousand bodies that were begun together
#: would otherwise be refused in one go, while everybody else waits.
SPREAD = 1.0
#: Bytes of a body; what takes less refuses larger ones itself, from Content-Length.
MAX_BODY = 512 * 1024
#: Where staff send files, the bytes of such a body, and how many of them are awaited at the same time.
FILES, MAX_FILE_BODY, MAX_AWAITED_FILES = "/console/text-files/", 17 * 1024 * 1024, 4
#: Bodies that are awaited at the same time, requests that wait for one of Django's threads, and those that wait for the thread
#: that makes responses; further ones get 503.
MAX_AWAITED_BODIES, MAX_QUEUED, MAX_MISSES = 4096, 256, 1024
#: Seconds for which a thread that computes keeps the interpreter from the event loop, which needs it several times for each
#: response. Python's own value is 0.005.
SWITCH_INTERVAL = 0.0001
#: Seconds after which a process that does nothing ends itself, and between two signs of life.
SILENCE, HEARTBEAT = 10.0, 1.0

API, FORMS = "/v1/", "/console/"
_LIVENESS = "/healthz"
_TAKES_BODY = {
    "REQUEST_METHOD": "POST",
    "PATH_INFO": "/v1/help",
    "QUERY_STRING": "",
    "CONTENT_TYPE": "application/json",
    "CONTENT_LENGTH": "1",
}
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_TEXT = [("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store")]


class BodyTimeout(OSError):
    """The body did not arrive in time. Django reports it as UnreadablePostError."""


class ServedResponse(NamedTuple):
    """Status, headers and body."""

    status: int
    headers: Headers
    body: bytes


class Response(Protocol):
    """What is sent."""

    @property
    def status(self) -> int: ...  # noqa: D102
    @property
    def headers(self) -> Headers: ...  # noqa: D102
    @property
    def body(self) -> bytes: ...  # noqa: D102


class Memory(Protocol):
    """What answers from memory."""

    def held(self, environ: Environ) -> Response | None:
        """Return the response if it is ready, without any work; called on the event loop."""

    def may_respond(self, environ: Environ) -> bool:
        """Return whether it is worth asking `respond`; called on the event loop."""

    def respond(self, environ: Environ) -> Response | None:
        """Return the response, made now if it is not ready; None where Django has to answer. Called in one thread alone."""


class Server:
    """The RSGI application, with a source of responses from memory in front of Django."""

    def __init__(
        self, django: WsgiApplication, memory: Memory, *, threads: int, count: Callable[[str, int], None] | None = None
    ) -> None:
        """Prepare the application; `count` gets path and status of each answer, on the event loop."""
        self._django = django
        self._memory = memory
        self._count = count
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="django")
        # One thread, so that a response that many readers ask for at the same time is made once. It is none of Django's, which
        # may all be waiting for the database.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="reads")
        self._queued = self._missing = self._awaited = self._awaited_files = 0
        #: What an app gets whose body did not arrive. It is the same for all of them, so Django makes it once.
        self._late: asyncio.Future[Response] | None = None
        #: When the thread that makes responses began with the one that it is at, by the monotonic clock.
        self._making_since: float | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare a worker process (called by granian)."""
        self._loop = loop
        sys.setswitchinterval(SWITCH_INTERVAL)
        _allow_connections()
        self._live()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stop watching: the process is about to end by itself (called by granian)."""
        faulthandler.cancel_dump_traceback_later()

    def _live(self) -> None:
        # The timer is a thread of C that does not need the interpreter, so it also ends a process whose interpreter is stuck.
        # It writes where each thread is, by file, line and function, and no values.
        since = self._making_since
        if since is None or time.monotonic() - since < SILENCE:
            faulthandler.dump_traceback_later(SILENCE, exit=True)
        self._loop.call_later(HEARTBEAT, self._live)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer a request."""
        environ = environ_of(scope)
        with suppress(RSGIProtocolClosed):
            response = await self._answer(environ, protocol)
            if self._count is not None:
                self._count(environ["PATH_INFO"], response.status)
            protocol.response_bytes(response.status, response.headers, response.body)

    async def _answer(self, environ: Environ, protocol: Any) -> Response:
        if environ["REQUEST_METHOD"] not in _WITHOUT_BODY and (refusal := await self._take_body(environ, protocol)) is not None:
            return refusal
        if (ready := self._memory.held(environ)) is not None:
            return ready
        if environ["PATH_INFO"] == _LIVENESS:
            # It uses neither database nor cache, and must answer while every thread is busy.
            return run_wsgi(self._django, environ)
        if self._memory.may_respond(environ):
            if self._missing >= MAX_MISSES:
                return _busy()
            self._missing += 1
            try:
                made = await self._loop.run_in_executor(self._maker, self._make, environ)
            finally:
                self._missing -= 1
            if made is not None:
                return made
        return await self._ask_django(environ)

    async def _ask_django(self, environ: Environ) -> Response:
        if self._queued >= MAX_QUEUED:
            return _busy()
        self._queued += 1
        try:
            return await self._loop.run_in_executor(self._threads, run_wsgi, self._django, environ)
        finally:
            self._queued -= 1

    def _make(self, environ: Environ) -> Response | None:
        self._making_since = time.monotonic()
        try:
            return self._memory.respond(environ)
        finally:
            self._making_since = None

    async def _take_body(self, environ: Environ, protocol: Any) -> Response | None:
        """Receive the body, and return None; or return what refuses the request without one."""
        path = environ["PATH_INFO"]
        if self._awaited >= MAX_AWAITED_BODIES:
            return _busy()
        if path.startswith(FILES) and (length := _length(environ)) > MAX_BODY:
            if length > MAX_FILE_BODY:
                return _text(413, "The file is larger than 16 MB. Go back, export a smaller batch, and choose that.")
            if self._awaited_files >= MAX_AWAITED_FILES:
                return _text(503, "Too many files are sent at the same time. Go back and send yours again in a minute.")
        if await self._receive(environ, protocol):
            return None
        if path.startswith(API):
            return await self._refuse_late(environ)
        return _text(
            HTTPStatus.REQUEST_TIMEOUT,
            f"The form did not arrive within {_body_seconds(path):.0f} seconds. Go back and send it again.",
        )

    async def _refuse_late(self, environ: Environ) -> Response:
        # Thousands of connections can be held for the price of one, so each must cost little when its time is over.
        if self._late is None:
            # By a path that takes a body, because another one is refused before its body is read.
            self._late = asyncio.ensure_future(self._ask_django({**environ, **_TAKES_BODY}))
        response = await asyncio.shield(self._late)
        if response.status == HTTPStatus.REQUEST_TIMEOUT:
            return response
        # Something else was wrong with that request, such as its host.
        self._late = None
        return await self._ask_django(environ)

    async def _receive(self, environ: Environ, protocol: Any) -> bool:
        """Read the body into `environ`; return whether it arrived. A body that is too large or of unknown length is not read."""
        length, is_file = _length(environ), environ["PATH_INFO"].startswith(FILES)
        if not 0 < length <= (MAX_FILE_BODY if is_file else MAX_BODY):
            return True
        large = length > MAX_BODY
        self._awaited += 1
        self._awaited_files += large
        try:
            async with asyncio.timeout(_body_seconds(environ["PATH_INFO"]) + SPREAD * random.random()):  # noqa: S311  (no secret)
                environ["wsgi.input"] = BytesIO(await protocol())
        except TimeoutError:
            environ["wsgi.input"] = _LateBody()
            return False
        finally:
            self._awaited -= 1
            self._awaited_files -= large
        return True


class _LateBody:
    """A body that did not arrive: reading it raises BodyTimeout."""

    def read(self, *_size: int) -> bytes:
        """Raise BodyTimeout."""
        raise BodyTimeout()

    readline = read


def environ_of(scope: Any) -> Environ:
    """Return the WSGI environment (PEP 3333) of an RSGI scope, with an empty body."""
    path, (client, _, _) = scope.path, scope.client.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path if path.isascii() else path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": client.strip("[]"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        variable = _variable(name)
        if variable is None:
            continue
        if variable in environ:
            environ[variable] += f"; {value}" if name == "cookie" else f",{value}"
        else:
            environ[variable] = value
    return environ


@lru_cache(maxsize=512)
def _variable(header: str) -> str | None:
    """Return the variable of a header; None for one with an underscore, which could pass itself off as another header."""
    if "_" in header:
        return None
    variable = header.upper().replace("-", "_")
    return variable if header in {"content-type", "content-length"} else f"HTTP_{variable}"


def run_wsgi(application: WsgiApplication, environ: Environ) -> ServedResponse:
    """Return the response of a WSGI application."""
    started: list[Any] = []
    parts = application(environ, lambda status, headers, exc_info=None: started.extend((status, headers)))
    try:
        body = b"".join(parts)
    finally:
        getattr(parts, "close", lambda: None)()
    status, headers = started
    return ServedResponse(int(status[:3]), headers, body)


def _body_seconds(path: str) -> float:
    return FORM_BODY_SECONDS if path.startswith(FORMS) else APP_BODY_SECONDS


def _length(environ: Environ) -> int:
    """Return the Content-Length of a request; 0 where it has none that is a number."""
    length = environ.get("CONTENT_LENGTH", "")
    return int(length[:12]) if length.isdecimal() else 0


def _text(status: int, sentence: str) -> ServedResponse:
    """Return a page of one sentence for somebody whose form or file was not received."""
    return ServedResponse(status, [("content-type", "text/plain; charset=utf-8"), ("connection", "close")], sentence.encode())


def _busy() -> ServedResponse:
    """Return a problem document (RFC 9457), as `api.http.errors` writes them."""
    problem = {
        "type": "/v1/problems/unavailable",
        "title": "Service temporarily unavailable",
        "status": 503,
        "detail": "There are too many requests at the same time. Try again in a few seconds.",
    }
    headers = [
        ("content-type", "application/problem+json"),
        ("cache-control", "no-store"),
        ("retry-after", "5"),
        # As `api.http.cors` adds it: a web app could not read the status otherwise.
        ("access-control-allow-origin", "*"),
    ]
    return ServedResponse(503, headers, orjson.dumps(problem))


def _allow_connections() -> None:
    """Raise the limit of open files to what the system allows: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
