"""The fast path: it answers reads from memory, before Django and byte for byte as Django would.

Nine strings of a request, and a digest of its body, form a key. For a new key the response comes from the same `read` that
the view calls; after that it is one lookup in a dict, until another edition comes into force or the response expires.
Everything else (errors, writes, the console, unusual headers) is passed on to Django unchanged.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.urls import resolve
from django.utils import timezone

from api.http import parsers
from api.http.accept import choose_media_type
from api.http.cors import preflight
from api.http.responses import Conditions, negotiate
from api.http.throttles import OVER_BUDGET
from api.http.views import ReadView, read_query, validated
from api.reads.edition import Edition
from api.reads.edition_store import EditionStore
from api.reads.miss_budget import MissBudget
from api.reads.request import ReadRequest
from api.reads.response_cache import CachedResponse, Key, ResponseCache
from core.rate_limits import client_networks

Environ = dict[str, Any]
WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]

#: The parts of a request that a response may depend on. Views must not read others: a test compares both paths.
KEY_VARIABLES = (
    *("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_HOST", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE"),
    *("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"),
)
#: How many of the latest requests are answered from a new edition before it comes into force, so that no reader waits.
WARM_UP_REQUESTS = 512

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_HELP = "/v1/help"
#: Headers of the response to OPTIONS itself; the others come from middleware and are the same for every response.
_PREFLIGHT = frozenset({"Allow", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"})
#: Trying one URL pattern after the other takes as long as making a plan.
_route = lru_cache(maxsize=1024)(resolve)


class OverBudget(Exception):
    """The network has used up its processor time for responses that are not in memory."""


class FastPath:
    """The responses from memory; `django` is what answers everything else. `respond` is called in one thread at a time."""

    def __init__(self, django: WsgiApplication, store: EditionStore) -> None:
        self._django = django
        self._cache = ResponseCache(store.edition)
        self._body_key = os.urandom(32)
        self._budget = MissBudget(settings.MISS_SECONDS)
        self._middleware_headers: list[tuple[str, str]] | None = None
        store.before_change.append(self.warm_up)

    def held(self, environ: Environ) -> CachedResponse | None:
        """Return the response if it is in memory. A request with a body has none here: its body is checked first."""
        response = self._cache.responses.get(_key(environ))
        return response if response is not None and response.until > time.time() else None

    def may_respond(self, environ: Environ) -> bool:
        """Return whether `respond` may have a response that is not in memory yet."""
        method = environ.get("REQUEST_METHOD")
        return method in _READS or (method == "POST" and environ.get("PATH_INFO") == _HELP)

    def respond(self, environ: Environ) -> CachedResponse | None:
        """Return the response, from the cache or by reading, or None where Django has to answer."""
        # It may have come into memory since the request did.
        response = self.held(environ)
        return self._respond(environ, _key(environ)) if response is None else response

    def warm_up(self, edition: Edition) -> None:
        """Switch to a new edition with responses for the latest requests (runs in the refreshing thread)."""
        cache = ResponseCache(edition)
        for key in list(self._cache.responses)[-WARM_UP_REQUESTS:]:
            try:
                response = self._read(WSGIRequest(_environ(key)), edition)
            except Exception:  # noqa: S112  (not a success any more; Django answers with the reason)
                continue
            if response is not None:
                cache.hold(key, response)
        self._cache = cache

    def middleware_headers(self, host: str) -> list[tuple[str, str]]:
        """Return the headers that Django's middleware adds to every API response, learned from Django once."""
        if self._middleware_headers is None:
            found: list[tuple[str, str]] = []
            environ = _environ(("OPTIONS", _HELP, "", host))
            response = self._django(environ, lambda status, headers: found.extend(headers))
            getattr(response, "close", lambda: None)()
            self._middleware_headers = [(name, value) for name, value in found if name not in _PREFLIGHT]
        return self._middleware_headers

    def _respond(self, environ: Environ, key: Key) -> CachedResponse | None:
        cache = self._cache
        if cache.edition is None or environ.get("SCRIPT_NAME") or "HTTP_TRANSFER_ENCODING" in environ:
            return None
        try:
            # A copy: Django writes the decoded path into it, and could not decode it a second time.
            request = WSGIRequest(environ.copy())
            body = _body(request, environ) if key[0] == "POST" and key[1] == _HELP else None
            if body is not None:
                # The body itself is not kept: only a keyed digest, which means nothing outside this process.
                key = (*key, blake2b(body, key=self._body_key, digest_size=16).digest())
                held = cache.responses.get(key)
                if held is not None and held.until > time.time():
                    return held
            response = self._read_within_budget(request, cache.edition, body)
        except OverBudget:
            # Django answers with a problem document, without reading.
            environ[OVER_BUDGET] = True
            return None
        except Exception:
            # Django meets the same error, answers with a problem document and logs it once.
            return None
        if response is not None:
            cache.hold(key, response)
        return response

    def _read_within_budget(self, request: WSGIRequest, edition: Edition, body: bytes | None) -> CachedResponse | None:
        now, network = time.time(), client_networks(request)[0].name
        view = getattr(_route(request.path_info).func, "view_class", None)
        # Nothing stands between a reader and a pack: it has no limit, and costs next to nothing.
        if getattr(view, "throttle", None) and self._budget.is_spent(network, now=now):
            raise OverBudget()
        started = time.thread_time()
        try:
            return self._read(request, edition, body)
        finally:
            self._budget.charge(network, time.thread_time() - started, now=now)

    def _read(self, request: WSGIRequest, edition: Edition, body: bytes | None = None) -> CachedResponse | None:
        """Answer as the view would; return None, or raise anything, where Django has to answer."""
        host = request.get_host()
        match = _route(request.path_info)
        view = getattr(match.func, "view_class", None)
        if view is None or not issubclass(view, ReadView):
            return None
        if request.method == "OPTIONS":
            instance = view()
            instance.setup(request)
            response = preflight(instance.allowed_methods)
            headers = [*response.items(), *self.middleware_headers(host)]
            return CachedResponse(float("inf"), 204, headers, b"")
        method_fits = body is not None if view.body else request.method in ("GET", "HEAD")
        served = tuple(str(renderer.media_type) for renderer in view.renderer_classes)
        media_type = choose_media_type(request.META.get("HTTP_ACCEPT"), served)
        if not method_fits or media_type is None:
            return None
        read_request = ReadRequest.from_http(
            request,
            edition,
            at=timezone.now(),
            parameters=read_query(view.query, request.GET),
            path_params=match.kwargs,
            body=validated(view.body, parsers.loads(body)) if view.body and body is not None else {},
            media_type=media_type,
        )
        result = view.read(read_request)
        conditions = Conditions(
            str(request.method),
            *(request.META.get(name) for name in ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH")),
        )
        status, headers, content = negotiate(result, conditions)
        announced = view.deprecation.headers if view.deprecation else []
        headers = [*headers, *announced, *self.middleware_headers(host)]
        return CachedResponse(result.until, status, headers, content, invented=result.invented)


def _key(environ: Environ) -> Key:
    get = environ.get
    # Written out: a loop over KEY_VARIABLES takes longer than everything else.
    return (
        *(get("REQUEST_METHOD"), get("PATH_INFO"), get("QUERY_STRING"), get("HTTP_HOST"), get("HTTP_ACCEPT")),
        *(get("HTTP_ACCEPT_LANGUAGE"), get("HTTP_ACCEPT_ENCODING"), get("HTTP_IF_NONE_MATCH"), get("HTTP_IF_MATCH")),
    )


def _body(request: WSGIRequest, environ: Environ) -> bytes:
    """Read a body that may be JSON, and leave it in `environ` to be read again. Raises what Django would answer with."""
    kind, length = environ.get("CONTENT_TYPE", ""), environ.get("CONTENT_LENGTH", "")
    if kind.split(";")[0].strip().lower() != parsers.StrictJSONParser.media_type or "HTTP_CONTENT_ENCODING" in environ:
        raise parsers.Unreadable()
    parsers.check_media_type(kind)
    if not length.isdecimal() or not 0 < int(length[:12]) <= parsers.MAX_BYTES:
        raise parsers.LengthRequired()
    found = parsers.read(request, announced=length)
    environ["wsgi.input"] = BytesIO(found)
    return found


def _environ(key: Key) -> Environ:
    """Return a WSGI environment with the values of a key."""
    return {
        **{name: value for name, value in zip(KEY_VARIABLES, key, strict=False) if value is not None},
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(b""),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
    }
