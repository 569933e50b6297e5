"""The fast lane: a WSGI layer in front of Django that answers reads from memory, byte for byte as Django would.

What a request says is a key of nine strings. The first time a key comes, the answer is made by the same `read` that the
view calls; from then on it is one look into a dict, until another edition is in force or the answer's own time is over.
Whatever is not a plain read with a good answer (errors, writes, the console) is passed on, and Django says what it says.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from typing import Any, NamedTuple

from django.core.handlers.wsgi import WSGIRequest
from django.urls import resolve
from django.utils import timezone
from rest_framework.exceptions import APIException

from api.http import parsers
from api.http.cors import preflight
from api.http.responses import Conditions, represent
from api.http.views import ReadView, read_query, validated
from api.reads.edition import Edition
from api.reads.edition_store import Library
from api.reads.request import ask

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Environ, Any], Iterable[bytes]]
#: What NAMES say, and a word for the body of a POST behind them.
Key = tuple[Any, ...]

#: All that an answer can depend on. What views look at beyond these they do not see here: a test compares both ways.
NAMES = (
    *("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_HOST", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE"),
    *("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"),
)
#: Answers held, their bytes, characters of a key. Beyond the first two everything is let go; a longer key is not held.
MOST_HELD, MOST_BYTES, LONGEST_KEY = 4096, 48_000_000, 2048
#: Questions, the last ones, that a coming edition is asked before it is in force, so that nobody waits for the answers.
WARMED = 512

_HELP = "/v1/help"
_STATUS = {200: "200 OK", 304: "304 Not Modified"}
#: Of the answer to OPTIONS itself; the rest of its headers are those of every answer.
_PREFLIGHT = frozenset(
    {"Allow", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age", "Content-Length"}
)
#: Trying one pattern after the other takes as long as a plan.
_route = lru_cache(maxsize=1024)(resolve)


class Ready(NamedTuple):
    """An answer as WSGI wants it, good until a Unix time."""

    until: float
    status: str
    headers: list[tuple[str, str]]
    body: list[bytes]


class _Held:
    """The answers of one edition. A request that began under an older edition fills the older one's."""

    __slots__ = ("answers", "bytes", "edition")

    def __init__(self, edition: Edition | None) -> None:
        self.edition = edition
        self.answers: dict[Key, Ready] = {}
        self.bytes = 0

    def hold(self, key: Key, ready: Ready) -> None:
        """Keep an answer. Whoever asks a million different questions makes other answers slower once, and nothing grows."""
        if sum(len(part) for part in key if part) > LONGEST_KEY:
            return
        if len(self.answers) >= MOST_HELD or self.bytes > MOST_BYTES:
            self.answers.clear()
            self.bytes = 0
        self.answers[key] = ready
        self.bytes += len(ready.body[0])


class FastLane:
    """The WSGI application: the fast lane, and Django behind it."""

    def __init__(self, django: Application, library: Library) -> None:
        self._django = django
        self._held = _Held(library.edition)
        self._secret = os.urandom(32)
        self._around: list[tuple[str, str]] | None = None
        library.before_change.append(self._turn)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        get = environ.get
        # Written out: a loop over NAMES takes longer than all the rest.
        key = (
            *(get("REQUEST_METHOD"), get("PATH_INFO"), get("QUERY_STRING"), get("HTTP_HOST"), get("HTTP_ACCEPT")),
            *(get("HTTP_ACCEPT_LANGUAGE"), get("HTTP_ACCEPT_ENCODING"), get("HTTP_IF_NONE_MATCH"), get("HTTP_IF_MATCH")),
        )
        ready = self._held.answers.get(key)
        if ready is None or ready.until <= time.time():
            ready = self._answer(environ, key)
            if ready is None:
                return self._django(environ, start_response)
        start_response(ready.status, ready.headers)
        return ready.body

    def _answer(self, environ: Environ, key: Key) -> Ready | None:
        held = self._held
        if held.edition is None or environ.get("SCRIPT_NAME") or "HTTP_TRANSFER_ENCODING" in environ:
            return None
        try:
            # A copy: Django writes the decoded path into it, and could not decode that once more.
            request = WSGIRequest(environ.copy())
            body = _body(request, environ) if key[0] == "POST" and key[1] == _HELP else None
            if body is not None:
                # No body stays in memory: only a word for it that means nothing outside this process.
                key = (*key, blake2b(body, key=self._secret, digest_size=16).digest())
                ready = held.answers.get(key)
                if ready is not None and ready.until > time.time():
                    return ready
            ready = self._ask(request, held.edition, body)
        except Exception:
            # Django meets the same and says it as a problem, and the log tells it once.
            return None
        if ready is not None:
            held.hold(key, ready)
        return ready

    def _ask(self, request: WSGIRequest, edition: Edition, body: bytes | None = None) -> Ready | None:
        """Answer as the view would; None, or any error, for whatever Django has to say."""
        host = request.get_host()
        match = _route(request.path_info)
        view = getattr(match.func, "view_class", None)
        if view is None or not issubclass(view, ReadView):
            return None
        if request.method == "OPTIONS":
            shown = view()
            shown.setup(request)
            response = preflight(shown.allowed_methods)
            return Ready(float("inf"), "204 No Content", [*response.items(), ("Content-Length", "0"), *self._frame(host)], [b""])
        fitting = body is not None if view.body else request.method in ("GET", "HEAD")
        if not fitting or not _is_accepted(request, view):
            return None
        parameters = read_query(view.query, request.GET)
        told = validated(view.body, parsers.loads(body)) if view.body and body is not None else {}
        asked = ask(request, edition, at=timezone.now(), parameters=parameters, place=match.kwargs, told=told)
        answer = view.read(asked)
        conditions = Conditions(
            str(request.method),
            *(request.META.get(name) for name in ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH")),
        )
        status, headers, content = represent(answer, conditions)
        return Ready(answer.until, _STATUS[status], headers + self._frame(host), [content])

    def _turn(self, coming: Edition) -> None:
        """Turn to a coming edition, with the answers ready that were asked for last (in the library's thread)."""
        turned = _Held(coming)
        for key in list(self._held.answers)[-WARMED:]:
            try:
                ready = self._ask(WSGIRequest(_environ(key)), coming)
            except Exception:  # noqa: S112  (it has no good answer any more; Django will say why)
                continue
            if ready is not None:
                turned.hold(key, ready)
        self._held = turned

    def _frame(self, host: str) -> list[tuple[str, str]]:
        """Return the headers that Django's middleware puts around every answer of the API, as Django itself says them."""
        if self._around is None:
            found: list[tuple[str, str]] = []
            environ = _environ(("OPTIONS", _HELP, "", host))
            response = self._django(environ, lambda status, headers: found.extend(headers))
            getattr(response, "close", lambda: None)()
            self._around = [(name, value) for name, value in found if name not in _PREFLIGHT]
        return self._around


class _Failed:
    """A body that could not be read: whoever reads it again gets the same error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, *_size: int) -> bytes:
        """Raise it."""
        raise self._error

    readline = read


def _body(request: WSGIRequest, environ: Environ) -> bytes:
    """Read a body that may be JSON, leaving it in `environ` to be read again. Raises what Django would answer with."""
    kind, length = environ.get("CONTENT_TYPE", ""), environ.get("CONTENT_LENGTH", "")
    if kind.split(";")[0].strip().lower() != parsers.StrictJSONParser.media_type or "HTTP_CONTENT_ENCODING" in environ:
        raise parsers.Unreadable()
    parsers.check_media_type(kind)
    if not length.isdecimal() or not 0 < int(length[:12]) <= parsers.MOST_BYTES:
        raise parsers.LengthRequired()
    try:
        found = parsers.read(request, announced=length)
    except APIException as error:
        environ["wsgi.input"] = _Failed(error)
        raise
    environ["wsgi.input"] = BytesIO(found)
    return found


def _is_accepted(request: WSGIRequest, view: type[ReadView]) -> bool:
    """Tell whether the client surely takes what this view serves; Django decides the rest."""
    accept = request.META.get("HTTP_ACCEPT")
    if not accept:
        return True
    wanted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    served = [str(renderer.media_type) for renderer in view.renderer_classes]
    return any(not wanted.isdisjoint({"*/*", kind, f"{kind.partition('/')[0]}/*"}) for kind in served)


def _environ(key: Key) -> Environ:
    """Return a request that says what the key says."""
    return {
        **{name: value for name, value in zip(NAMES, key, strict=False) if value is not None},
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(b""),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
    }
