"""What every view shares: shut by default, known parameters only, methods before anything else, OPTIONS for browsers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

from django.http import HttpResponse, QueryDict
from django.utils import timezone
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from api.http.cors import preflight
from api.http.errors import InvalidQuery
from api.http.fields import Strict
from api.http.parsers import LengthRequired
from api.http.responses import Answer, respond
from api.http.throttles import AddressThrottle
from api.reads import edition_store
from api.reads.request import Asked, ask
from core.errors import NotHeld, Unavailable


class DatabaseAway(Unavailable):
    """Nothing can be stored just now; reading goes on."""


class NoParameters(Strict):
    """A path that takes no query parameters."""


class Accepting(DefaultContentNegotiation):
    """REST framework's negotiation, with an empty Accept read as none at all."""

    def get_accept_list(self, request: Request) -> list[str]:
        return [part for part in super().get_accept_list(request) if part] or ["*/*"]


class ApiView(APIView):
    """A view of the API. Subclasses state `permission_classes`; `query` names the parameters it takes."""

    content_negotiation_class = Accepting
    #: Parameters of the query string.
    query: ClassVar[type[Strict]] = NoParameters
    #: Scope of settings.THROTTLES, or None where nothing may stand between a reader and the answer.
    throttle: ClassVar[str | None] = "read"
    #: Whether it asks the database. While that is known not to answer it is refused at once: one thread serves everybody.
    asks_database: ClassVar[bool] = False
    #: Whether requests pass when the cache that counts them is down.
    throttle_fails_open: ClassVar[bool] = True

    parameters: dict[str, Any]

    def get_throttles(self) -> list[BaseThrottle]:
        return [AddressThrottle()] if self.throttle else []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if (request.method or "").lower() not in self._handled():
            raise MethodNotAllowed(request.method or "")
        if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
            raise LengthRequired()
        super().initial(request, *args, **kwargs)
        if self.asks_database and edition_store.library.is_away():
            raise DatabaseAway()
        self.parameters = read_query(self.query, request.query_params)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method == "OPTIONS":
            # A browser asks without the headers that the request itself will carry.
            return preflight(self.allowed_methods)
        return super().dispatch(request, *args, **kwargs)

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}

    def _handled(self) -> list[str]:
        return [name for name in self.http_method_names if hasattr(self, name)]


class ReadView(ApiView):
    """A view whose answer is a pure function of what is asked: the fast lane gives the same answer without the view."""

    #: What the body holds, for a POST.
    body: ClassVar[type[Strict] | None] = None

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        """Return the answer; raises what `api.http.errors` makes a problem of, and NotHeld where only the database knows.

        It asks the database nothing unless `asked.further` allows it.
        """
        raise NotImplementedError

    def serve(self, request: Request, **place: str) -> HttpResponse:
        """Answer through Django."""
        told = validated(self.body, dict(request.data)) if self.body is not None else {}
        plain = request._request
        asked = ask(plain, edition_store.current(), at=timezone.now(), parameters=self.parameters, place=place, told=told)
        try:
            answer = self.read(asked)
        except NotHeld:
            answer = self.read(replace(asked, edition=edition_store.further_back(), further=True))
        return respond(plain, answer)


def read_query(query: type[Strict], given: QueryDict) -> dict[str, Any]:
    """Return the validated parameters, or raise InvalidQuery naming what is unknown, repeated or wrong."""
    if repeated := {name[:60]: ["Give it once."] for name in given if len(given.getlist(name)) > 1}:
        raise InvalidQuery(repeated)
    try:
        return validated(query, given.dict()) if given else dict(_of_nothing(query))
    except ValidationError as error:
        raise InvalidQuery(error.detail) from None


def validated(form: type[Strict], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form makes of it. Raises ValidationError."""
    return dict(_ready(form).run_validation(given))


@cache
def _of_nothing(form: type[Strict]) -> Mapping[str, Any]:
    """Return what the form makes of a request without parameters, the most frequent one."""
    return validated(form, {})


@cache
def _ready(form: type[Strict]) -> Strict:
    # To make one costs more than all that it is used for, and reading leaves no trace in it.
    return form()
