"""How many requests were answered, by route and class of status. A route is the name of a URL pattern, never a path.

So the figures hold no country, situation, id or address, and nobody can add a name by asking for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from django.urls import Resolver404, URLPattern, get_resolver, resolve

from core.counters import Counters

#: What answers beside the API, by the beginning of its paths.
_OTHERS = {"/console/": "console", "/docs/": "documents", "/static/": "static"}
#: A path that no pattern has.
UNKNOWN = "unknown"
_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


class RequestCount(NamedTuple):
    """The requests of one route that were answered with one class of status."""

    route: str
    status: str
    number: int


@cache
def routes() -> tuple[str, ...]:
    """Return every route that requests are counted under."""
    patterns = [pattern for pattern in get_resolver("api.urls").url_patterns if isinstance(pattern, URLPattern)]
    return (*sorted(str(pattern.name) for pattern in patterns), *_OTHERS.values(), UNKNOWN)


@lru_cache(maxsize=4096)
def route_of(path: str) -> str:
    """Return the route of a path."""
    for beginning, route in _OTHERS.items():
        if path.startswith(beginning):
            return route
    try:
        return str(resolve(path, urlconf="api.urls").url_name)
    except Resolver404:
        return UNKNOWN


@cache
def _counters() -> Counters:
    return Counters("requests", [f"{route} {status}" for route in routes() for status in _CLASSES])


def count(path: str, status: int) -> None:
    """Count one answer."""
    _counters().add(f"{route_of(path)} {_CLASSES[status // 100 - 1]}")


def counted() -> Iterator[RequestCount]:
    """Yield what all processes of this server have answered since it was started."""
    for name, number in _counters().totals().items():
        route, _, status = name.partition(" ")
        yield RequestCount(route, status, number)
