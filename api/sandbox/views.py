"""GET /v1/sandbox/…: the states that an app must be able to handle, in the sandbox alone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.accept import AcceptNegotiation
from api.http.auth import Public
from api.http.responses import NO_STORE, respond
from api.http.views import ApiView
from api.reads.edition_store import store
from api.sandbox.states import root_key, states
from core.errors import NotFound

#: Requests a minute to the resource with a limit, so that an app can meet it.
LIMIT = 5


class NoSuchState(NotFound):
    """There is no such state. GET /v1/sandbox/ lists them."""


class NotASandbox(NotFound):
    """There is no resource at this path. GET /v1/ lists what there is."""


class _AnyAccept(AcceptNegotiation):
    """Answer whatever media type is asked for: states have several."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class SandboxView(ApiView):
    """A view that exists in a sandbox only."""

    content_negotiation_class = _AnyAccept

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse the request outside a sandbox."""
        if not settings.SANDBOX and request.method in self.allowed_methods:
            raise NotASandbox()
        super().initial(request, *args, **kwargs)


class SandboxIndexView(SandboxView):
    """All states."""

    permission_classes = [Public]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the URL and a description of every state, and the root key of the manifests among them."""
        found = {name: {"url": reverse("sandbox-state", args=[name]), "about": state.about} for name, state in states().items()}
        found["limited"] = {"url": reverse("sandbox-limited"), "about": f"A resource with a limit of {LIMIT} requests a minute"}
        return respond(request, {"states": found, "root_key": root_key()}, cache=NO_STORE)


class SandboxStateView(SandboxView):
    """One state."""

    permission_classes = [Public]

    @extend_schema(exclude=True)
    def get(self, request: Request, name: str) -> HttpResponse:
        """Return what the server would answer in this state."""
        state = states().get(name)
        if state is None:
            raise NoSuchState()
        response = state.respond(store.current())
        response.headers.setdefault("Cache-Control", NO_STORE)
        return response


class SandboxLimitedView(SandboxView):
    """A resource with a limit that one person can reach."""

    permission_classes = [Public]
    throttle = "sandbox-limited"

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return an empty object; more than LIMIT times a minute, 429 with Retry-After."""
        return respond(request, {}, cache=NO_STORE)
