"""Serve readers and staff from separate processes, so that nothing that staff do can delay a reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

READERS, CONSOLE, ALL = "readers", "console", "all"
_CONSOLE = "/console/"
#: What both need: style sheets, and the questions of load balancers and of Prometheus.
_BOTH = ("/static/", "/healthz", "/readyz", "/metrics")


def only_own_paths(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return a middleware that answers 404 for what another process serves (settings.SERVES).

    With CONSOLE_URL, where no proxy joins the two, it redirects to the other process instead.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if is_served(request.path_info, by=settings.SERVES):
            return get_response(request)
        if not settings.CONSOLE_URL:
            raise Http404
        other = settings.CONSOLE_URL if settings.SERVES == READERS else settings.PUBLIC_URL
        # 307 keeps the method: a form stays a form.
        return HttpResponseRedirect(other + request.get_full_path(), preserve_request=True, headers={"Cache-Control": "no-store"})

    return middleware


class NoMemory:
    """What a process of the console answers from memory: nothing, because all such responses are for readers."""

    def held(self, environ: dict[str, Any]) -> None:
        """Have nothing ready."""

    def may_respond(self, environ: dict[str, Any]) -> bool:
        """Leave every request to Django."""
        return False

    def respond(self, environ: dict[str, Any]) -> None:
        """Leave the request to Django."""


def is_served(path: str, *, by: str) -> bool:
    """Return whether a process that serves `by` answers this path."""
    if by == ALL or path.startswith(_BOTH):
        return True
    return path.startswith(_CONSOLE) == (by == CONSOLE)
