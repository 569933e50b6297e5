"""What log lines belong to: the request that is answered, or the campaign and batch that are worked on."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from django.http import HttpRequest, HttpResponse

#: The names of the fields, in the order in which they are written.
FIELDS = ("request", "campaign", "batch")
_fields: ContextVar[Mapping[str, str | int]] = ContextVar("log_fields", default=MappingProxyType({}))


@contextmanager
def log_fields(**fields: str | int) -> Iterator[None]:
    """Add these fields to every log line that this thread writes within the block. Raises ValueError for an unknown name."""
    if unknown := fields.keys() - set(FIELDS):
        raise ValueError(f"Log lines have no field {sorted(unknown)[0]}.")
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def with_request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return a middleware that gives each request a random id, which nothing but the log knows."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with log_fields(request=secrets.token_hex(8)):
            return get_response(request)

    return middleware


class WithFields(logging.Filter):
    """Put the fields of the present block on each record, for the formatters."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, with its fields."""
        record.fields = dict(_fields.get())
        return True


def fields_of(record: logging.LogRecord) -> Mapping[str, str | int]:
    """Return the fields of a record, and how often it was left out, in the order in which they are written."""
    found: dict[str, str | int] = getattr(record, "fields", {})
    ordered: dict[str, str | int] = {name: found[name] for name in FIELDS if name in found}
    if left_out := getattr(record, "left_out", 0):
        ordered["left_out"] = left_out
    return ordered
