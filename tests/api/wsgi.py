"""Send requests to a WSGI application as a server would, and to the fast path with Django behind it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.wsgi import get_wsgi_application

from api.reads.edition_store import EditionStore
from api.reads.fast_path import FastPath, WsgiApplication


@dataclass(frozen=True)
class WsgiResponse:
    status: int
    headers: dict[str, str]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return self.headers[name]


def ask(application: WsgiApplication, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> WsgiResponse:
    """Send one request; header names are written with underscores."""
    route, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(route).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "testserver",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **({"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"} if body else {}),
    }
    for name, value in headers.items():
        environ[name.upper() if name in ("content_type", "content_length") else f"HTTP_{name.upper()}"] = value
    started: list[Any] = []
    parts: Iterable[bytes] = application(environ, lambda status, headers: started.extend((status, headers)))
    content = b"".join(parts)
    getattr(parts, "close", lambda: None)()
    names = [name for name, _ in started[1]]
    assert len(names) == len(set(names)), f"a header is sent twice: {names}"
    return WsgiResponse(int(started[0][:3]), dict(started[1]), content)


def with_fast_path(fast: FastPath, django: WsgiApplication) -> WsgiApplication:
    """Return a WSGI application of the fast path with Django behind it, as `core.server` puts them together."""

    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        response = fast.held(environ)
        if response is None and fast.may_respond(environ):
            response = fast.respond(environ)
        if response is None:
            return django(environ, start_response)
        start_response(f"{response.status} ", response.headers)
        return [response.body]

    return application


class BothPaths:
    """The fast path, and Django by itself, over the same database."""

    def __init__(self, folder: Path | None) -> None:
        self.store = EditionStore(folder)
        self.passed_on = 0
        self.django: WsgiApplication = get_wsgi_application()
        self.memory = FastPath(self._count, self.store)
        self.fast = with_fast_path(self.memory, self._count)
        self.store.refresh()
        # The fast path asks Django once for the headers that its middleware adds.
        ask(self.fast, "/v1/")
        self.passed_on = 0

    def _count(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        self.passed_on += 1
        return self.django(environ, start_response)
