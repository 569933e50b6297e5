"""Responses as bytes with a strong validator: equal bytes have equal ETags on every server, and a 304 has no body."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException

from api.http import encoding
from core.canonical import digest

JSON = "application/json"

#: For bytes under a URL that contains their digest: they never change.
IMMUTABLE = "public, max-age=31536000, immutable"
#: Fresh for a minute; an older copy may be used while a newer one is fetched or the server cannot be reached.
SHORT = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"
#: For alerts: one that was stopped must be gone within seconds, and must not come back while the server cannot be reached.
LIVE = "public, max-age=5"
NO_STORE = "no-store"

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_STRONG = re.compile(r'(?:^|,)\s*("[\x21\x23-\x7e\x80-\xff]*")')


class PreconditionFailed(APIException):
    """If-Match names no representation of this resource."""

    status_code = 412
    default_detail = "If-Match does not match any representation of this resource. Fetch it again without If-Match."
    default_code = "precondition-failed"


@dataclass(frozen=True, slots=True)
class Conditions:
    """The parts of a request that decide which representation it gets: method and headers."""

    method: str = "GET"
    accept_encoding: str | None = None
    if_none_match: str | None = None
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """A body with its metadata, before negotiation with a client; callers must not change it."""

    body: bytes
    #: Value of Cache-Control.
    cache: str
    #: SHA-256 of the body in hex, where it is known already.
    digest: str | None = None
    content_type: str = JSON
    language: str | None = None
    #: Value of Content-Location.
    location: str | None = None
    vary: tuple[str, ...] = ()
    #: Unix time at which the same request may get another response although nothing was published.
    until: float = math.inf
    #: Whether the body may be compressed. A body that differs for each request would be compressed for each.
    compressible: bool = True
    #: Whether clients may invent any number of large bodies like this one, so that it is compressed quickly rather than well.
    invented: bool = False
    #: Content coding → compressed body, filled on demand.
    _encoded: dict[str, bytes] = field(default_factory=dict, compare=False)

    @property
    def memory_size(self) -> int:
        """Approximate size in bytes, compressed forms included."""
        return 2000 + 2 * len(self.body)

    def at(self, location: str | None, *, vary: tuple[str, ...] = ()) -> ReadResponse:
        """Return the response for another URL: the same bytes, compressed forms included."""
        return self if (location, vary) == (self.location, self.vary) else replace(self, location=location, vary=vary)

    def encoded(self, coding: str | None) -> bytes:
        """Return the body in a content coding; None means uncompressed."""
        if coding is None:
            return self.body
        if coding not in self._encoded:
            # A body with a known digest is a published one: there are few, and each is compressed once.
            encoders = encoding.FAST_ENCODERS if self.digest is None else encoding.ENCODERS
            self._encoded[coding] = (encoding.QUICK_ENCODERS if self.invented else encoders)[coding](self.body)
        return self._encoded[coding]


def negotiate(response: ReadResponse, conditions: Conditions) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status (200 or 304), headers and body for one client. Raises PreconditionFailed."""
    compressible = response.compressible and len(response.body) >= encoding.MIN_SIZE
    coding = encoding.choose(conditions.accept_encoding) if compressible else None
    headers = [("Cache-Control", response.cache)]
    if response.language:
        headers.append(("Content-Language", response.language))
    if response.location:
        headers.append(("Content-Location", response.location))
    vary = (*response.vary, "Accept-Encoding") if compressible else response.vary
    if vary:
        headers.append(("Vary", ", ".join(vary)))
    if response.cache != NO_STORE:
        name = response.digest or digest(response.body)
        codings = (None, *(encoding.ENCODERS if compressible else ()))
        etags = {one: f'"{name}.{one}"' if one else f'"{name}"' for one in codings}
        if conditions.if_match is not None and not _has_strong_match(conditions.if_match, etags.values()):
            raise PreconditionFailed()
        matched = _matching_etag(conditions.if_none_match, etags, coding)
        headers.append(("ETag", matched or etags[coding]))
        if matched:
            return 304, headers, b""
    body = response.encoded(coding)
    if coding:
        headers.append(("Content-Encoding", coding))
    headers += [("Content-Type", response.content_type), ("Content-Length", str(len(body)))]
    return 200, headers, b"" if conditions.method == "HEAD" else body


def django_response(request: HttpRequest, response: ReadResponse) -> HttpResponse:
    """Negotiate, and return the result as Django's response."""
    conditions = Conditions(
        request.method or "GET",
        request.headers.get("Accept-Encoding"),
        request.headers.get("If-None-Match"),
        request.headers.get("If-Match"),
    )
    status, headers, body = negotiate(response, conditions)
    result = HttpResponse(body, status=status)
    del result.headers["Content-Type"]
    for name, value in headers:
        result.headers[name] = value
    return result


def respond(
    request: HttpRequest,
    body: bytes | dict[str, Any],
    *,
    cache: str,
    content_type: str = JSON,
    vary: Iterable[str] = (),
    compressible: bool = False,
) -> HttpResponse:
    """Return a response that does not come from an edition."""
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return django_response(
        request, ReadResponse(data, cache, content_type=content_type, vary=tuple(vary), compressible=compressible)
    )


def no_content(headers: Mapping[str, str]) -> HttpResponse:
    """Return a 204 with these headers. It has no content, and so none of the headers that describe one."""
    response = HttpResponse(status=204, headers=dict(headers))
    del response.headers["Content-Type"]
    return response


def without_body(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Remove Content-Length from a 204 and a 304 (middleware).

    Django would send 0. A 204 must not have it (RFC 9110, section 8.6), and in a 304 it is the length of the client's copy.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code in {204, 304}:
            del response.headers["Content-Length"]
        return response

    return middleware


def etag_matches(header: str | None, etag: str) -> bool:
    """Return whether an If-None-Match header (`*` or a list, weak tags included) names this ETag."""
    if header is None:
        return False
    return header.strip() == "*" or etag in _TAG.findall(header)


def _matching_etag(header: str | None, etags: dict[str | None, str], coding: str | None) -> str | None:
    """Return the ETag that the header names: preferably of the chosen coding, otherwise of another coding of the same bytes."""
    if header is None:
        return None
    if etag_matches(header, etags[coding]):
        return etags[coding]
    return next((etag for etag in etags.values() if etag_matches(header, etag)), None)


def _has_strong_match(header: str, etags: Iterable[str]) -> bool:
    return header.strip() == "*" or bool(set(_STRONG.findall(header)) & set(etags))
