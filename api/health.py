"""/healthz and /readyz: for load balancers; they say nothing that a stranger could use."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Everybody
from api.http.responses import NO_STORE, answer
from api.http.views import ApiView
from api.reads import edition_store
from core.errors import DomainError


class AliveView(ApiView):
    """Whether the process answers."""

    permission_classes = [Everybody]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Answer without touching anything else."""
        return answer(request, {"alive": True}, cache=NO_STORE)


class ReadyView(ApiView):
    """Whether readers and registrations can be answered; 503 where readers cannot."""

    permission_classes = [Everybody]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Tell reads and writes apart: readers are answered from memory and disk while the database is away."""
        state = {"reads": _reads(), "writes": edition_store.library.writes()}
        response = answer(request, state, cache=NO_STORE)
        response.status_code = 200 if state["reads"] else 503
        return response


def _reads() -> bool:
    try:
        return edition_store.current().number is not None
    except (DatabaseError, DomainError):
        return False
