"""What a read is asked: all that its answer depends on, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from api.reads.edition import Edition


@dataclass(frozen=True, slots=True)
class Asked:
    """The edition, the instant and the question; the client itself is no part of it."""

    edition: Edition
    at: datetime
    path: str
    #: Path and query as they were sent.
    address: str
    #: The query as it was given, and as its serializer read it.
    query: Mapping[str, str]
    parameters: Mapping[str, Any]
    #: What the route took from the path.
    place: Mapping[str, str]
    #: Accept-Language.
    languages: str | None
    #: The body as its serializer read it.
    told: Mapping[str, Any] = field(default_factory=dict)
    #: Whether the database may be asked for what the edition does not hold.
    further: bool = False


def ask(
    request: HttpRequest,
    edition: Edition,
    *,
    at: datetime,
    parameters: Mapping[str, Any],
    place: Mapping[str, str],
    told: Mapping[str, Any],
) -> Asked:
    """Take from a request what a read may depend on."""
    return Asked(
        edition=edition,
        at=at,
        path=request.path,
        address=request.get_full_path(),
        query=request.GET.dict(),
        parameters=parameters,
        place=place,
        languages=request.META.get("HTTP_ACCEPT_LANGUAGE"),
        told=told,
    )
