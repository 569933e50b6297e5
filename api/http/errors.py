"""Turn every failure into an RFC 9457 problem document; the only place where a DomainError becomes HTTP."""

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
from rest_framework import exceptions

from core import errors as domain
from core.console import error_pages as console_errors

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: Relative to the server's URL, so that the documents are the same on every installation.
TYPE_PREFIX = "/v1/problems/"


@dataclass(frozen=True)
class ProblemKind:
    """One documented kind of problem: its `type` is TYPE_PREFIX + code, and code and status never change."""

    code: str
    status: int
    title: str


def _table(*kinds: ProblemKind) -> dict[str, ProblemKind]:
    return {kind.code: kind for kind in kinds}


#: Every kind of problem that the API returns; docs/api.md lists them, and a test compares the two.
KINDS = _table(
    ProblemKind("malformed-request", 400, "Malformed request"),
    ProblemKind("unreadable-body", 400, "The body cannot be parsed"),
    ProblemKind("invalid-query", 400, "Invalid query parameters"),
    ProblemKind("not-authenticated", 401, "The registration's secret is missing"),
    ProblemKind("app-check-missing", 401, "The App Check token is missing"),
    ProblemKind("app-check-invalid", 401, "The App Check token is not valid"),
    ProblemKind("app-check-replayed", 401, "The App Check token was used before"),
    ProblemKind("forbidden", 403, "Not allowed"),
    ProblemKind("app-not-allowed", 403, "The app is not allowed to do this"),
    ProblemKind("not-found", 404, "Not found"),
    ProblemKind("unknown-country", 404, "Unknown country"),
    ProblemKind("unknown-locale", 404, "Locale not available"),
    ProblemKind("method-not-allowed", 405, "Method not allowed"),
    ProblemKind("not-acceptable", 406, "No acceptable media type"),
    ProblemKind("body-too-slow", 408, "The body did not arrive in time"),
    ProblemKind("conflict", 409, "Conflict with the current state"),
    ProblemKind("push-mode", 409, "This app uses another push mode in this country"),
    ProblemKind("no-teens", 409, "This app stores no addresses of teenagers in this country"),
    ProblemKind("gone", 410, "Withdrawn"),
    ProblemKind("length-required", 411, "Content-Length is missing"),
    ProblemKind("precondition-failed", 412, "If-Match does not match any representation"),
    ProblemKind("body-too-large", 413, "The body is too large"),
    ProblemKind("unsupported-media-type", 415, "The body must be application/json"),
    ProblemKind("invalid", 422, "Invalid fields in the body"),
    ProblemKind("too-many-requests", 429, "Too many requests"),
    ProblemKind("internal-error", 500, "Internal error"),
    ProblemKind("unavailable", 503, "Service temporarily unavailable"),
    ProblemKind("no-release", 503, "Nothing has been published yet"),
)

#: What `detail` says if the error itself says nothing more precise.
_DETAILS = {
    "malformed-request": "The host name, path or query string cannot be read. Correct the URL.",
    "forbidden": "This request is not allowed.",
    "not-found": "There is no such resource.",
    "method-not-allowed": "This resource does not support the method. The Allow header lists those that it supports.",
    "not-acceptable": "This resource has none of the media types in the Accept header. Send */* to get the one it has.",
    "body-too-large": "The body is larger than 64 KiB.",
    "unsupported-media-type": "Send the body with Content-Type: application/json.",
    "internal-error": "The server failed to process the request. Try again later.",
    "unavailable": "The database cannot be reached. Try again after the time in Retry-After.",
}

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

#: Members that RFC 9457 or this API define; extra members of an error must not replace them.
_RESERVED = frozenset({"type", "title", "status", "detail", "instance", "errors"})


class ProblemResponse(HttpResponse):
    """A problem document; never cached, because the next attempt may succeed."""

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
            "detail": detail or _DETAILS.get(code, kind.title + "."),
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
    """Invalid query parameters: status 400, whereas an invalid body is 422."""


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponseBase:
    """Turn anything that a view raised into a problem document (REST framework's EXCEPTION_HANDLER)."""
    if isinstance(error, domain.DomainError):
        return _from_domain(error)
    if isinstance(error, exceptions.ValidationError):
        code = "invalid-query" if isinstance(error, InvalidQuery) else "invalid"
        found = flatten(error.detail)
        return ProblemResponse(code, _summary(found), errors=found)
    if isinstance(error, exceptions.APIException):
        return _from_framework(error, context)
    if isinstance(error, Http404):
        return ProblemResponse("not-found")
    if isinstance(error, PermissionDenied):
        return ProblemResponse("forbidden")
    if isinstance(error, RequestDataTooBig):
        return ProblemResponse("body-too-large")
    if isinstance(error, SuspiciousOperation):
        return ProblemResponse("malformed-request")
    _report(error, context)
    if isinstance(error, OperationalError | InterfaceError):
        return ProblemResponse("unavailable", headers={"Retry-After": "5"})
    return ProblemResponse("internal-error")


def _from_domain(error: domain.DomainError) -> ProblemResponse:
    generic = next((code for kind, code in _DOMAIN_STATUS if isinstance(error, kind)), "conflict")
    code = error.code_name if error.code_name in KINDS else generic
    extra = dict(error.extra)
    found = [{"field": str(extra.pop("field")), "detail": error.detail}] if "field" in extra else []
    if code != error.code_name:
        extra.setdefault("code", error.code_name)
    headers: dict[str, str] = {}
    if KINDS[code].status == 503:
        headers["Retry-After"] = str(extra.pop("retry_after", 5))
    if KINDS[code].status == 401:
        # RFC 9110 requires a challenge with each 401; App Check has no registered scheme.
        headers["WWW-Authenticate"] = "AppCheck"
    return ProblemResponse(code, error.detail, errors=found, extra=extra, headers=headers)


def _from_framework(error: exceptions.APIException, context: Mapping[str, Any]) -> ProblemResponse:
    code = str(error.default_code) if error.default_code in KINDS else _FRAMEWORK_CODES.get(error.status_code, "internal-error")
    detail = str(error.detail) if not isinstance(error.detail, list | dict) else None
    headers: dict[str, str] = {}
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(max(1, int(getattr(error, "wait", None) or 1)))
        detail = f"Too many requests from this network address. Try again in {headers['Retry-After']} s."
    if isinstance(error, exceptions.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, exceptions.MethodNotAllowed) and context.get("view") is not None:
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    if type(error) in {exceptions.MethodNotAllowed, exceptions.UnsupportedMediaType, exceptions.NotAcceptable}:
        # The framework's own sentence repeats what the client sent, or does not say what to do.
        detail = None
    return ProblemResponse(code, detail, headers=headers)


def flatten(detail: Any, field: str = "") -> list[dict[str, str]]:
    """Flatten the framework's nested errors to [{"field": "a.0.b", "detail": sentence}, …]."""
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
    return f"Invalid field{'' if len(names) == 1 else 's'}: {', '.join(names[:10])}."


def _report(error: Exception, context: Mapping[str, Any]) -> None:
    # Only the kind of error and its place: the message, or a logged request, may quote what a person sent.
    where = "".join(traceback.format_tb(error.__traceback__)[-20:])
    view = type(context["view"]).__name__ if context.get("view") is not None else "?"
    log.error("unexpected %s in %s\n%s", type(error).__name__, view, where)


# Django's own handlers, for requests that never reach a view (named in config/urls.py).


def _is_console(request: HttpRequest) -> bool:
    return request.path.startswith("/console/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Return 400 for an unknown host, or a path that Django finds suspicious."""
    return console_errors.bad_request(request, exception) if _is_console(request) else ProblemResponse("malformed-request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Return 403."""
    return console_errors.permission_denied(request, exception) if _is_console(request) else ProblemResponse("forbidden")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Return 404 for a path without a route; the path itself is not repeated."""
    if _is_console(request):
        return console_errors.not_found(request, exception)
    return ProblemResponse("not-found", "There is no resource at this path. GET /v1/ lists what there is.")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Return 500 without saying what failed."""
    return console_errors.server_error(request) if _is_console(request) else ProblemResponse("internal-error")
