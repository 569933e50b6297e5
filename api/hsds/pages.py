"""Lists in the form of HSDS: in pages, or as one stream of lines with an entry each."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, TypeVar

import orjson
from django.db.models import TextChoices
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer

from api.http.errors import InvalidQuery
from api.http.fields import Choice, StrictSerializer
from api.http.responses import JSON, SHORT, ReadResponse
from api.reads.request import ReadRequest
from api.v1.shapes import ResponseSerializer
from content.exporting import hsds
from core.canonical import digest

MAX_PAGE_SIZE = 500
_DEFAULT_PAGE_SIZE = 50
_MAX_PAGE = 10_000
#: Newline-delimited JSON, which HSDS names without a media type; this one is the common one.
NDJSON = "application/x-ndjson"


class NdjsonRenderer(BaseRenderer):
    """The media type of lines, for the negotiation; the view writes the body."""

    media_type = NDJSON
    format = "ndjson"

    def render(self, data: Any, *_args: Any, **_kwargs: Any) -> bytes:
        raise NotImplementedError


#: What lists have, the first one where the client does not mind.
LIST_RENDERERS = [JSONRenderer, NdjsonRenderer]


class HsdsFormat(TextChoices):
    """The forms of a list."""

    #: A page, with what HSDS tells about it.
    JSON = "json"
    #: Every entry on a line of its own, without pages.
    NDJSON = "ndjson"


class PositiveNumber(serializers.IntegerField):
    """A whole number from 1 in a query string, in plain digits."""

    default_error_messages = {
        "invalid": "Must be a whole number from 1.",
        "max_value": "Must be at most {max_value}.",
    }

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or re.fullmatch(r"[1-9][0-9]{0,8}", data) is None:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class PageQuery(StrictSerializer):
    """The page to return, or everything as lines."""

    page = PositiveNumber(min_value=1, max_value=_MAX_PAGE, required=False, help_text="Page number, from 1.")
    per_page = PositiveNumber(
        min_value=1, max_value=MAX_PAGE_SIZE, required=False, help_text=f"Entries per page. Default: {_DEFAULT_PAGE_SIZE}."
    )
    format = Choice(
        choices=HsdsFormat.choices,
        required=False,
        help_text="`ndjson`: every entry as JSON on a line of its own, without pages. Default: what `Accept` prefers.",
    )


class HsdsPageSerializer(ResponseSerializer):
    """A page in the form of HSDS; `fingerpost.release` shows whether a new release was published between two pages."""

    total_items = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    page_number = serializers.IntegerField()
    size = serializers.IntegerField()
    first_page = serializers.BooleanField()
    last_page = serializers.BooleanField()
    empty = serializers.BooleanField()
    contents = serializers.ListField(child=serializers.DictField())
    fingerpost = serializers.DictField()


#: What a list returns, for the schema.
LIST_RESPONSES = {(200, JSON): HsdsPageSerializer, (200, NDJSON): OpenApiTypes.STR}


def wants_lines(request: ReadRequest) -> bool:
    """Return whether the list is wanted as lines: by `format`, or else by Accept. Raises InvalidQuery for a page of them."""
    wanted = request.parameters.get("format") or (HsdsFormat.NDJSON if request.media_type == NDJSON else HsdsFormat.JSON)
    if wanted != HsdsFormat.NDJSON:
        return False
    if paging := {"page", "per_page"} & request.parameters.keys():
        raise InvalidQuery({name: ["The format ndjson has no pages. Leave this out."] for name in sorted(paging)})
    return True


class PageSizes(NamedTuple):
    """How many entries a page has where the request does not say, and at most; None: all there are."""

    default: int | None = _DEFAULT_PAGE_SIZE
    most: int = MAX_PAGE_SIZE


_PAGE_SIZES = PageSizes()
#: Lists depend on Accept.
_VARY = ("Accept",)


class PageRequest(NamedTuple):
    """Which page, of how many entries each."""

    number: int
    size: int

    @classmethod
    def of(cls, request: ReadRequest, total: int, sizes: PageSizes = _PAGE_SIZES) -> PageRequest:
        """Return the requested page of `total` entries; a size larger than a page can have counts as the largest."""
        wanted = request.parameters.get("per_page", sizes.default)
        size = total if wanted is None else min(wanted, sizes.most, total)
        return cls(request.parameters.get("page", 1), max(size, 1))


Entry = TypeVar("Entry")


def listed(
    entries: Sequence[Entry],
    request: ReadRequest,
    *,
    filtered: bool,
    sizes: PageSizes = _PAGE_SIZES,
    form: Callable[[Entry], object],
    kind: str = "",
    until: float = math.inf,
) -> ReadResponse:
    """Return the entries in the form of the request, each as `form` makes it.

    `kind` is what the entries depend on besides the path, for a list that is not `filtered`; `until` is how long they are valid.
    """
    wanted: PageRequest | None
    if wants_lines(request):
        wanted, content_type = None, NDJSON
    else:
        wanted, content_type = PageRequest.of(request, len(entries), sizes), JSON

    def make() -> bytes:
        return lines(entries, form=form) if wanted is None else page(entries, wanted, request, form=form)

    if filtered:
        # Searches rarely repeat: kept in memory, they would displace responses that many clients request.
        return ReadResponse(make(), SHORT, until=until, content_type=content_type, vary=_VARY, invented=True)
    # The key is the page and not the query as sent: all sizes above the largest share one page in memory.
    return cached(request, make, until=until, key=(kind, wanted), content_type=content_type, vary=_VARY, invented=True)


def cached(
    request: ReadRequest,
    make: Callable[[], bytes],
    *,
    until: float = math.inf,
    key: tuple[Hashable, ...] = (),
    content_type: str = JSON,
    vary: tuple[str, ...] = (),
    invented: bool = False,
) -> ReadResponse:
    """Return the response with the body that `make` returns, from memory if it was made before.

    `key` is what the body depends on besides the path; `invented` says that clients may ask for any number of keys.
    """
    edition = request.edition.require_release()

    def response() -> ReadResponse:
        body = make()
        # With its digest: a body that the fast path does not hold would be hashed for each request.
        name = digest(body) if invented else None
        return ReadResponse(body, SHORT, name, until=until, content_type=content_type, vary=vary, invented=invented)

    return edition.packs.responses.get((edition.number, request.path, *key, until), response)


def page(entries: Sequence[Entry], wanted: PageRequest, request: ReadRequest, *, form: Callable[[Entry], object]) -> bytes:
    """Return a page of the entries, each in its `form`; a page past the last one is empty."""
    number, size = wanted
    contents = [form(entry) for entry in entries[(number - 1) * size : number * size]]
    pages = -(-len(entries) // size)
    return orjson.dumps(
        {
            "total_items": len(entries),
            "total_pages": pages,
            "page_number": number,
            "size": len(contents),
            "first_page": number == 1,
            "last_page": number >= pages,
            "empty": not contents,
            "contents": contents,
            hsds.EXTENSION: {"release": request.edition.number},
        }
    )


def lines(entries: Sequence[Entry], *, form: Callable[[Entry], object]) -> bytes:
    """Return every entry in its `form` as JSON on a line of its own."""
    return b"".join(orjson.dumps(form(entry), option=orjson.OPT_APPEND_NEWLINE) for entry in entries)
