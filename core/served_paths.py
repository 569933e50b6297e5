"""Serve readers and staff from separate processes, so that nothing that staff do can delay a reader."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

READERS, CONSOLE, ALL = "readers", "console", "all"
_CONSOLE = "/console/"
#: What both need: style sheets, and the questions of load balancers and of Prometheus.
_BOTH = ("/static/", "/healthz", "/readyz", "/metrics")


def only_own_paths(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return a middleware that answers 404 for what another process serves (settings.SERVES)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not is_served(request.path_info, by=settings.SERVES):
            raise Http404
        return get_response(request)

    return middleware


def is_served(path: str, *, by: str) -> bool:
    """Return whether a process that serves `by` answers this path."""
    if by == ALL or path.startswith(_BOTH):
        return True
    return path.startswith(_CONSOLE) == (by == CONSOLE)
