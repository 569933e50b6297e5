"""Choose the media type of a response by the Accept header, with its weights (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_WEIGHT = re.compile(r"[Qq]\s*=\s*(\d*\.?\d*)")
_MAX_HEADER_LENGTH = 1000


@lru_cache(maxsize=512)
def choose_media_type(header: str | None, served: tuple[str, ...]) -> str | None:
    """Return the media type that the client prefers of those served, the first one of several equals, or None.

    The most specific range decides about a media type, so `application/json;q=0, */*` refuses JSON. Parameters other than the
    weight are ignored, and so is a weight that cannot be read: a careless header does not keep anyone from reading.
    """
    if not header or not header.strip(" ,"):
        return served[0]
    ranges = [_range(part) for part in header[:_MAX_HEADER_LENGTH].split(",") if part.strip()]
    weights = {media_type: _weight(media_type, ranges) for media_type in served}
    best = max(weights.values())
    return next(media_type for media_type, weight in weights.items() if weight == best) if best > 0 else None


class AcceptNegotiation(DefaultContentNegotiation):
    """REST framework's negotiation, which ignores `q=0`, with `choose_media_type` in its place."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer that the client prefers, with its media type. Raises NotAcceptable."""
        by_type = {str(renderer.media_type): renderer for renderer in renderers}
        chosen = choose_media_type(request.META.get("HTTP_ACCEPT"), tuple(by_type))
        if chosen is None:
            raise NotAcceptable()
        return by_type[chosen], chosen


def _range(part: str) -> tuple[str, float]:
    """Return one media range of the header in lower case, with its weight."""
    name, *parameters = part.split(";")
    found = next((match[1] for one in parameters if (match := _WEIGHT.fullmatch(one.strip()))), "")
    return name.strip().lower(), float(found) if found.strip(".") else 1.0


def _weight(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    # From the most to the least specific. Java's own client sends `*` for `*/*`.
    for names in ({media_type}, {f"{media_type.partition('/')[0]}/*"}, {"*/*", "*"}):
        if found := [weight for name, weight in ranges if name in names]:
            return max(found)
    return 0.0
