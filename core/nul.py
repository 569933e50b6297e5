"""Refuse the NUL character in the console, because PostgreSQL cannot store it; the API refuses it field by field."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict

_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def no_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return a middleware that answers 400 for NUL in the path, the query or a form's fields."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/console/"):
            return get_response(request)
        given = [request.path_info, *_texts(request.GET)]
        if request.content_type in _FORMS:
            given += _texts(request.POST)
        if any("\0" in text for text in given):
            raise SuspiciousOperation("NUL")
        return get_response(request)

    return middleware


def _texts(values: QueryDict) -> list[str]:
    """Return the names and values of a query or form."""
    return [text for name, found in values.lists() for text in (name, *(text for text in found if isinstance(text, str)))]
