"""/healthz and /readyz for load balancers; they reveal nothing that is useful to an attacker."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import NO_STORE, respond
from api.http.views import ApiView
from api.readiness import Readiness
from api.reads.edition_store import store

PATHS = ("/healthz", "/readyz", "/metrics")
readiness = Readiness(store)


class LivenessView(ApiView):
    """Whether the process responds."""

    permission_classes = [Public]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Respond without using the database or the cache."""
        return respond(request, {"alive": True}, cache=NO_STORE)


class ReadinessView(ApiView):
    """Whether reads and writes work and alerts would be sent; 503 if reads do not work."""

    permission_classes = [Public]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the three states: reads work from memory and disk while the database is down."""
        state = readiness.state()
        response = respond(request, state, cache=NO_STORE)
        response.status_code = 200 if state["reads"] else 503
        return response


def under_any_host(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return a middleware that answers the health paths whatever host name is asked: probes go by address.

    Their responses hold no link, so a forged name changes nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info in PATHS:
            own = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if "*" not in name), "localhost")
            request.META["HTTP_HOST"] = own
        return get_response(request)

    return middleware
