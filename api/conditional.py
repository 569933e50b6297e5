"""Answers as bytes with a strong validator: the same bytes have the same ETag on every server, and 304 costs no body."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse

from core.canonical import digest

JSON = "application/json"

#: A day's bytes under a name that contains their digest never change.
IMMUTABLE = "public, max-age=31536000, immutable"
#: Fresh for a minute; an older copy is better than none while the server is asked again or cannot be reached.
SHORT = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"
NO_STORE = "no-store"

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def answer(
    request: HttpRequest,
    body: bytes | dict[str, Any],
    *,
    cache: str,
    etag: str | None = None,
    content_type: str = JSON,
    language: str | None = None,
    location: str | None = None,
    vary: Iterable[str] = (),
) -> HttpResponse:
    """Answer a read; `etag` is the digest of the bytes where it is known already. Answers 304 where the client has them."""
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = {"Cache-Control": cache}
    if cache != NO_STORE:
        headers["ETag"] = f'"{etag or digest(data)}"'
    if language:
        headers["Content-Language"] = language
    if location:
        headers["Content-Location"] = location
    if names := ", ".join(vary):
        headers["Vary"] = names
    if "ETag" in headers and matches(request.headers.get("If-None-Match"), headers["ETag"]):
        response = HttpResponse(status=304, headers=headers)
        del response.headers["Content-Type"]
        return response
    headers["Content-Length"] = str(len(data))
    return HttpResponse(b"" if request.method == "HEAD" else data, content_type=content_type, headers=headers)


def matches(header: str | None, etag: str) -> bool:
    """Tell whether If-None-Match (`*` or a list, weak tags too) names this ETag."""
    if header is None:
        return False
    return header.strip() == "*" or etag in _TAG.findall(header)
