"""Every failure as one RFC 9457 problem document; the only place where DomainError becomes HTTP."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import defaults
from rest_framework import exceptions

from core import errors as domain

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: Codes are resolved against the server's address, so the documents are the same on every installation.
TYPE_PREFIX = "/v1/problems/"


@dataclass(frozen=True)
class Kind:
    """One documented kind of problem: `type` is TYPE_PREFIX + code, title and status never change for a code."""

    code: str
    status: int
    title: str


def _table(*kinds: Kind) -> dict[str, Kind]:
    return {kind.code: kind for kind in kinds}


#: Every kind that this API can answer with; docs/api.md lists them and a test compares.
KINDS = _table(
    Kind("malformed-request", 400, "The request cannot be read"),
    Kind("unreadable-body", 400, "The body is not the JSON that was expected"),
    Kind("invalid-query", 400, "The query string does not fit"),
    Kind("not-authenticated", 401, "The secret of the registration is missing"),
    Kind("forbidden", 403, "This may not be done"),
    Kind("not-found", 404, "There is no such thing"),
    Kind("unknown-country", 404, "There is no such country"),
    Kind("unknown-locale", 404, "This locale is not served"),
    Kind("method-not-allowed", 405, "This method is not allowed here"),
    Kind("not-acceptable", 406, "None of the accepted media types is served here"),
    Kind("body-too-slow", 408, "The body did not arrive in time"),
    Kind("conflict", 409, "The present state does not allow this"),
    Kind("push-mode", 409, "This app is pushed to in another way here"),
    Kind("gone", 410, "It was here once and was taken away"),
    Kind("length-required", 411, "The length of the body is missing"),
    Kind("precondition-failed", 412, "The client has none of the forms that this is served in"),
    Kind("body-too-large", 413, "The body is too large"),
    Kind("unsupported-media-type", 415, "Only application/json is read"),
    Kind("invalid", 422, "The body does not fit"),
    Kind("too-many-requests", 429, "Too many requests"),
    Kind("internal-error", 500, "Something went wrong here"),
    Kind("unavailable", 503, "It cannot be answered just now"),
    Kind("no-release", 503, "Nothing has been published yet"),
)

_DOMAIN_STATUS: tuple[tuple[type[domain.DomainError], str], ...] = (
    (domain.Invalid, "invalid"),
    (domain.NotFound, "not-found"),
    (domain.Conflict, "conflict"),
    (domain.Forbidden, "forbidden"),
    (domain.Gone, "gone"),
    (domain.Unavailable, "unavailable"),
)

_FRAMEWORK_CODES = {
    400: "malformed-request",
    401: "not-authenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    415: "unsupported-media-type",
    429: "too-many-requests",
}

#: Members that RFC 9457 or this API define; an error's own extras may not replace them.
_RESERVED = frozenset({"type", "title", "status", "detail", "instance", "errors"})


class Problem(HttpResponse):
    """A problem document; never cached, because the next answer may be the right one."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        kind = KINDS[code]
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + kind.code,
            "title": kind.title,
            "status": kind.status,
            "detail": detail or kind.title + ".",
        }
        if found := list(errors):
            document["errors"] = found
        document.update({key: value for key, value in (extra or {}).items() if key not in _RESERVED})
        super().__init__(
            orjson.dumps(document, default=str),
            status=kind.status,
            content_type=MEDIA_TYPE,
            headers={"Cache-Control": "no-store", **(headers or {})},
        )
        # Django would log the path, which names a country, a registration or an alert.
        self._has_been_logged = True


class InvalidQuery(exceptions.ValidationError):
    """The query string does not fit: 400, while a body that does not fit is 422."""


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponseBase:
    """Turn whatever a view raised into a problem document (REST framework's EXCEPTION_HANDLER)."""
    if isinstance(error, domain.DomainError):
        return _from_domain(error)
    if isinstance(error, exceptions.ValidationError):
        code = "invalid-query" if isinstance(error, InvalidQuery) else "invalid"
        found = flatten(error.detail)
        return Problem(code, _summary(found), errors=found)
    if isinstance(error, exceptions.APIException):
        return _from_framework(error, context)
    if isinstance(error, Http404):
        return Problem("not-found")
    if isinstance(error, PermissionDenied):
        return Problem("forbidden")
    if isinstance(error, RequestDataTooBig):
        return Problem("body-too-large")
    if isinstance(error, SuspiciousOperation):
        return Problem("malformed-request")
    _report(error, context)
    if isinstance(error, OperationalError | InterfaceError):
        return Problem("unavailable", headers={"Retry-After": "5"})
    return Problem("internal-error")


def _from_domain(error: domain.DomainError) -> Problem:
    generic = next((code for kind, code in _DOMAIN_STATUS if isinstance(error, kind)), "conflict")
    code = error.code_name if error.code_name in KINDS else generic
    extra = dict(error.extra)
    found = [{"field": str(extra.pop("field")), "detail": error.detail}] if "field" in extra else []
    if code != error.code_name:
        extra.setdefault("code", error.code_name)
    headers = {"Retry-After": str(extra.pop("retry_after", 5))} if KINDS[code].status == 503 else None
    return Problem(code, error.detail, errors=found, extra=extra, headers=headers)


def _from_framework(error: exceptions.APIException, context: Mapping[str, Any]) -> Problem:
    code = str(error.default_code) if error.default_code in KINDS else _FRAMEWORK_CODES.get(error.status_code, "internal-error")
    detail = str(error.detail) if not isinstance(error.detail, list | dict) else None
    headers: dict[str, str] = {}
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(max(1, int(getattr(error, "wait", None) or 1)))
        detail = f"Too many requests from here; try again in {headers['Retry-After']} s."
    if isinstance(error, exceptions.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, exceptions.MethodNotAllowed) and context.get("view") is not None:
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    if isinstance(error, exceptions.MethodNotAllowed | exceptions.UnsupportedMediaType):
        # The framework's words repeat what the client sent, which may be anything.
        detail = None
    return Problem(code, detail, headers=headers)


def flatten(detail: Any, field: str = "") -> list[dict[str, str]]:
    """Return [{"field": "a.0.b", "detail": sentence}, …] from the framework's nested errors."""
    if isinstance(detail, Mapping):
        return [
            item
            for key, value in detail.items()
            for item in flatten(value, ".".join(part for part in (field, "" if key == "non_field_errors" else str(key)) if part))
        ]
    if isinstance(detail, list):
        if all(isinstance(item, str) for item in detail):
            return [{"field": field, "detail": str(item)} for item in detail]
        return [item for number, value in enumerate(detail) for item in flatten(value, f"{field}.{number}".strip("."))]
    return [{"field": field, "detail": str(detail)}]


def _summary(found: list[dict[str, str]]) -> str | None:
    names = sorted({item["field"] for item in found if item["field"]})
    if not names:
        return found[0]["detail"] if found else None
    return f"Look at: {', '.join(names[:10])}."


def _report(error: Exception, context: Mapping[str, Any]) -> None:
    # The message of an exception, and a logged request, may quote what a person sent: only the place is told.
    place = "".join(traceback.format_tb(error.__traceback__)[-20:])
    view = type(context["view"]).__name__ if context.get("view") is not None else "?"
    log.error("unexpected %s in %s\n%s", type(error).__name__, view, place)


# Django's own handlers, for what never reaches a view (named in config/urls.py).


def _is_console(request: HttpRequest) -> bool:
    return request.path.startswith("/console/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 400: a host that is not ours, or a path that Django finds suspicious."""
    return defaults.bad_request(request, exception) if _is_console(request) else Problem("malformed-request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 403."""
    return defaults.permission_denied(request, exception) if _is_console(request) else Problem("forbidden")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 404 for a path that has no route; the path itself is not repeated."""
    if _is_console(request):
        return defaults.page_not_found(request, exception)
    return Problem("not-found", "There is nothing at this path; GET /v1/ lists what there is.")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer 500 without a word about what happened."""
    return defaults.server_error(request) if _is_console(request) else Problem("internal-error")
