"""Any web page may read what is public: nothing here rests on a cookie, so an origin is no credential."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_OPEN = ("/v1/", "/.well-known/", "/hsds/")
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Language, Content-Location, ETag, Retry-After",
}


def cross_origin(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let every origin read the answers of the API, problems included (middleware)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(_OPEN):
            for name, value in _HEADERS.items():
                response.setdefault(name, value)
        return response

    return middleware


def preflight(allowed: list[str]) -> HttpResponse:
    """Answer OPTIONS, asked by a browser or by a person."""
    methods = ", ".join(allowed)
    response = HttpResponse(
        status=204,
        headers={
            "Allow": methods,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match",
            "Access-Control-Max-Age": "86400",
        },
    )
    del response.headers["Content-Type"]
    return response
