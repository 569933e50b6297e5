"""The inputs of a read request; a response depends on nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from api.reads.edition import Edition


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """An edition, an instant and what was requested; nothing that identifies the client."""

    edition: Edition
    at: datetime
    path: str
    #: Path and query string as sent.
    full_path: str
    #: Query parameters as sent.
    query: Mapping[str, str]
    #: Query parameters as validated by the view's serializer.
    parameters: Mapping[str, Any]
    #: Values that the route captured from the path.
    path_params: Mapping[str, str]
    #: Value of the Accept-Language header.
    accept_language: str | None
    #: The media type that the Accept header prefers of those that the view has; None where nothing was negotiated.
    media_type: str | None = None
    #: The body as validated by the view's serializer; empty for a GET.
    body: Mapping[str, Any] = field(default_factory=dict)
    #: Whether the view may query the database for data that the edition does not hold.
    may_query_database: bool = False

    @classmethod
    def from_http(
        cls,
        request: HttpRequest,
        edition: Edition,
        *,
        at: datetime,
        parameters: Mapping[str, Any],
        path_params: Mapping[str, str],
        body: Mapping[str, Any],
        media_type: str | None = None,
    ) -> ReadRequest:
        """Take from an HTTP request the parts that a response may depend on."""
        return cls(
            edition=edition,
            at=at,
            path=request.path,
            full_path=request.get_full_path(),
            query=request.GET.dict(),
            parameters=parameters,
            path_params=path_params,
            accept_language=request.META.get("HTTP_ACCEPT_LANGUAGE"),
            media_type=media_type,
            body=body,
        )
