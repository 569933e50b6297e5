"""What all views share: deny by default, known query parameters only, methods checked first, OPTIONS for browsers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

from django.http import HttpResponse, QueryDict
from django.utils import timezone
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from api.http import app_check
from api.http.accept import AcceptNegotiation
from api.http.cors import preflight
from api.http.deprecation import Deprecation
from api.http.errors import InvalidQuery
from api.http.fields import StrictSerializer
from api.http.parsers import LengthRequired
from api.http.responses import ReadResponse, django_response
from api.http.throttles import AddressThrottle, BudgetThrottle
from api.reads.edition_store import store
from api.reads.request import ReadRequest
from core.errors import NotHeld, Unavailable
from notifications.feed import AlertNotHeld


class DatabaseDown(Unavailable):
    """The database cannot be reached, and this request needs it. Other reads are not affected. Try again later."""


class NoParameters(StrictSerializer):
    """No query parameters."""


class ApiView(APIView):
    """A view of the API. Subclasses state `permission_classes`; `query` is the serializer of their query parameters."""

    content_negotiation_class = AcceptNegotiation
    query: ClassVar[type[StrictSerializer]] = NoParameters
    #: Scope in settings.THROTTLES, or None for no limit.
    throttle: ClassVar[str | None] = "read"
    #: Whether the view queries the database. While the database is down, such requests are refused at once: a worker has one
    #: thread, and a request that waits for the database would block readers.
    needs_database: ClassVar[bool] = False
    #: Whether requests are allowed while the cache that counts them is down.
    throttle_fails_open: ClassVar[bool] = True
    #: Set once the view is to be removed.
    deprecation: ClassVar[Deprecation | None] = None
    #: For the schema: whether Accept-Language decides although there is no query parameter `locale`.
    negotiates_language: ClassVar[bool] = False
    #: For the schema: by parameter or method, a value or a body for which the request succeeds in the sandbox.
    examples: ClassVar[Mapping[str, Any]] = {}
    #: Methods that only an app of ours may use where APP_CHECK says so.
    attested_methods: ClassVar[tuple[str, ...]] = ()

    parameters: dict[str, Any]
    #: Of an attested method: what the App Check token of the request shows.
    attestation: app_check.Attestation | None = None

    def get_throttles(self) -> list[BaseThrottle]:
        return [BudgetThrottle(), AddressThrottle()] if self.throttle else []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if (request.method or "").lower() not in self._handled():
            raise MethodNotAllowed(request.method or "")
        if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
            raise LengthRequired()
        if request.method in self.attested_methods:
            # Before the limit, which is higher for apps of ours: strangers behind the same network must not use it up.
            self.attestation = app_check.attest(request)
        super().initial(request, *args, **kwargs)
        if self.needs_database and store.database_is_down():
            raise DatabaseDown()
        self.parameters = read_query(self.query, request.query_params)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method == "OPTIONS":
            # A preflight carries none of the headers of the request that it announces.
            return preflight(self.allowed_methods)
        return super().dispatch(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.deprecation.headers if self.deprecation else ():
            found.headers[name] = value
        return found

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}

    def _handled(self) -> list[str]:
        return [name for name in self.http_method_names if hasattr(self, name)]


class ReadView(ApiView):
    """A view whose response is a pure function of a ReadRequest; the fast path calls the same function."""

    #: Serializer of the body, for a POST.
    body: ClassVar[type[StrictSerializer] | None] = None

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        """Return the response, from the edition alone unless `request.may_query_database`.

        Raises what `api.http.errors` turns into problem documents, and NotHeld if only the database has the answer.
        """
        raise NotImplementedError

    def serve(self, request: Request, **path_params: str) -> HttpResponse:
        """Return the response through Django."""
        body = validated(self.body, dict(request.data)) if self.body is not None else {}
        plain = request._request
        read_request = ReadRequest.from_http(
            plain,
            store.current(),
            at=timezone.now(),
            parameters=self.parameters,
            path_params=path_params,
            body=body,
            media_type=request.accepted_media_type,
        )
        try:
            response = self.read(read_request)
        except NotHeld as missing:
            if store.database_is_down():
                raise DatabaseDown() from None
            # A phone opens an alert as soon as its message arrives, which may be before the next look at the database.
            edition = store.with_thread(missing.number) if isinstance(missing, AlertNotHeld) else store.with_full_feed()
            response = self.read(replace(read_request, edition=edition, may_query_database=True))
        return django_response(plain, response)


def read_query(query: type[StrictSerializer], given: QueryDict) -> dict[str, Any]:
    """Return the validated query parameters. Raises InvalidQuery, naming unknown, repeated and invalid ones."""
    if repeated := {name[:60]: ["This parameter may appear only once."] for name in given if len(given.getlist(name)) > 1}:
        raise InvalidQuery(repeated)
    try:
        return validated(query, given.dict()) if given else dict(_validated_nothing(query))
    except ValidationError as error:
        raise InvalidQuery(error.detail) from None


def validated(serializer: type[StrictSerializer], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the validated values. Raises ValidationError."""
    return dict(_instance(serializer).run_validation(given))


@cache
def _validated_nothing(serializer: type[StrictSerializer]) -> Mapping[str, Any]:
    """Return the validated values of a request without parameters, the most frequent one."""
    return validated(serializer, {})


@cache
def _instance(serializer: type[StrictSerializer]) -> StrictSerializer:
    # Creating a serializer costs more than using it, and validating leaves no state in it.
    return serializer()
