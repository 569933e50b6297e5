"""/healthz and /readyz for load balancers; they reveal nothing that is useful to an attacker."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import NO_STORE, respond
from api.http.views import ApiView
from api.reads.edition_store import store
from core.errors import DomainError


class LivenessView(ApiView):
    """Whether the process responds."""

    permission_classes = [Public]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Respond without using the database or the cache."""
        return respond(request, {"alive": True}, cache=NO_STORE)


class ReadinessView(ApiView):
    """Whether reads and writes work and alerts are sent; 503 if reads do not."""

    permission_classes = [Public]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the three states: reads work from memory and disk while the database is down."""
        state = {"reads": _can_read(), "writes": store.accepts_writes(), "sends": store.sends()}
        response = respond(request, state, cache=NO_STORE)
        response.status_code = 200 if state["reads"] else 503
        return response


def _can_read() -> bool:
    try:
        return store.current().number is not None
    except (DatabaseError, DomainError):
        return False
