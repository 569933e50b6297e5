"""Answers as bytes with a strong validator: the same bytes have the same ETag on every server, and 304 costs no body."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException

from api.http import encoding
from core.canonical import digest

JSON = "application/json"

#: A day's bytes under a name that contains their digest never change.
IMMUTABLE = "public, max-age=31536000, immutable"
#: Fresh for a minute; an older copy is better than none while the server is asked again or cannot be reached.
SHORT = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"
NO_STORE = "no-store"

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_STRONG = re.compile(r'(?:^|,)\s*("[\x21\x23-\x7e\x80-\xff]*")')


class PreconditionFailed(APIException):
    """If-Match names none of the forms that these bytes are served in."""

    status_code = 412
    default_detail = "If-Match names none of the forms that this is served in."
    default_code = "precondition-failed"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a request says about the form of its answer: method and headers."""

    method: str = "GET"
    accept_encoding: str | None = None
    if_none_match: str | None = None
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A body with what is said of it, before anything is known of the client that gets it; nobody may change it."""

    body: bytes
    cache: str
    #: Digest of the body, where it is known already.
    name: str | None = None
    content_type: str = JSON
    language: str | None = None
    location: str | None = None
    vary: tuple[str, ...] = ()
    #: Unix time from which on the same question may have another answer, although nothing was published.
    until: float = math.inf
    #: Whether it may be compressed. What changes with each request would be compressed anew for each.
    coded: bool = True
    #: Bytes by content coding, filled as they are asked for.
    _forms: dict[str, bytes] = field(default_factory=dict, compare=False)

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes, compressed forms included."""
        return 2000 + 2 * len(self.body)

    def form(self, coding: str | None) -> bytes:
        """Return the body in a content coding."""
        if coding is None:
            return self.body
        if coding not in self._forms:
            self._forms[coding] = encoding.CODERS[coding](self.body)
        return self._forms[coding]


def represent(answer: Answer, asked: Conditions) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body for one client; 304 where it has the bytes. Raises PreconditionFailed."""
    codable = answer.coded and len(answer.body) >= encoding.SMALLEST
    coding = encoding.choose(asked.accept_encoding) if codable else None
    headers = [("Cache-Control", answer.cache)]
    if answer.language:
        headers.append(("Content-Language", answer.language))
    if answer.location:
        headers.append(("Content-Location", answer.location))
    vary = (*answer.vary, "Accept-Encoding") if codable else answer.vary
    if vary:
        headers.append(("Vary", ", ".join(vary)))
    if answer.cache != NO_STORE:
        name = answer.name or digest(answer.body)
        etags = {form: f'"{name}.{form}"' if form else f'"{name}"' for form in (None, *(encoding.CODERS if codable else ()))}
        if asked.if_match is not None and not _holds_strong(asked.if_match, etags.values()):
            raise PreconditionFailed()
        known = _known(asked.if_none_match, etags, coding)
        headers.append(("ETag", known or etags[coding]))
        if known:
            return 304, headers, b""
    body = answer.form(coding)
    if coding:
        headers.append(("Content-Encoding", coding))
    headers += [("Content-Type", answer.content_type), ("Content-Length", str(len(body)))]
    return 200, headers, b"" if asked.method == "HEAD" else body


def respond(request: HttpRequest, answer: Answer) -> HttpResponse:
    """Answer a request through Django."""
    asked = Conditions(
        request.method or "GET",
        request.headers.get("Accept-Encoding"),
        request.headers.get("If-None-Match"),
        request.headers.get("If-Match"),
    )
    status, headers, body = represent(answer, asked)
    response = HttpResponse(body, status=status)
    del response.headers["Content-Type"]
    for name, value in headers:
        response.headers[name] = value
    return response


def answer(
    request: HttpRequest,
    body: bytes | dict[str, Any],
    *,
    cache: str,
    content_type: str = JSON,
    vary: Iterable[str] = (),
) -> HttpResponse:
    """Answer a read that is no `read` of an edition: as it is, without compression."""
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return respond(request, Answer(data, cache, content_type=content_type, vary=tuple(vary), coded=False))


def not_modified(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Say no length in a 304 (middleware): Django would say 0, and it is that of the bytes the client has."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 304:
            del response.headers["Content-Length"]
        return response

    return middleware


def matches(header: str | None, etag: str) -> bool:
    """Tell whether If-None-Match (`*` or a list, weak tags too) names this ETag."""
    if header is None:
        return False
    return header.strip() == "*" or etag in _TAG.findall(header)


def _known(header: str | None, etags: dict[str | None, str], coding: str | None) -> str | None:
    """Return the ETag that the client has: that of the form it would get, else that of another form of the same bytes."""
    if header is None:
        return None
    if matches(header, etags[coding]):
        return etags[coding]
    return next((etag for etag in etags.values() if matches(header, etag)), None)


def _holds_strong(header: str, etags: Iterable[str]) -> bool:
    return header.strip() == "*" or bool(set(_STRONG.findall(header)) & set(etags))
