"""CORS headers: web pages of any origin may read the API, because no response depends on a cookie."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from api.http.responses import no_content

_PREFIXES = ("/v1/", "/.well-known/", "/hsds/", "/handout/", "/a/", "/companion/")
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Language, Content-Location, Deprecation, ETag, Link, Retry-After, Sunset",
}


def cross_origin(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Add CORS headers to every API response, problem documents included (middleware)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(_PREFIXES):
            for name, value in _HEADERS.items():
                response.setdefault(name, value)
        return response

    return middleware


def preflight(allowed: list[str]) -> HttpResponse:
    """Return the response to OPTIONS for a view with these methods."""
    methods = ", ".join(allowed)
    return no_content(
        {
            "Allow": methods,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-None-Match, X-Firebase-AppCheck",
            "Access-Control-Max-Age": "86400",
        }
    )
