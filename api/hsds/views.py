"""GET /hsds/…: the published services as Open Referral HSDS 3.0 with the UK profile, for directories and councils."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.hsds.catalogue import catalogue_of
from api.hsds.filters import FILTERS, UUID, FilterQuery
from api.http import fields
from api.http.auth import Public
from api.http.fields import QueryFlag, StrictSerializer
from api.http.responses import SHORT, ReadResponse
from api.http.schema import path_parameter
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1.services import NoSuchService, RetiredService
from api.v1.shapes import ResponseSerializer
from content.exporting import hsds
from content.exporting.hsds_ids import identifier
from content.exporting.hsds_taxonomies import taxonomies, taxonomy_terms
from core.errors import NotFound

#: Entries per page at most. A full service is ten times as long as a summary, so that fewer keep the cost of a page low.
MAX_PAGE_SIZE, MAX_FULL_PAGE_SIZE = 500, 50
_DEFAULT_PAGE_SIZE = 50
_MAX_PAGE = 10_000
_PROFILE = Path(__file__).with_name("hsds_profile.json")


class NoSuchEntry(NotFound):
    """There is no taxonomy or term with this id."""


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
    """The page to return."""

    page = PositiveNumber(min_value=1, max_value=_MAX_PAGE, required=False, help_text="Page number, from 1.")
    per_page = PositiveNumber(
        min_value=1, max_value=MAX_PAGE_SIZE, required=False, help_text=f"Entries per page. Default: {_DEFAULT_PAGE_SIZE}."
    )


_FULL = f"true: each service in the form of /hsds/services/{{id}}, at most {MAX_FULL_PAGE_SIZE} on a page."


class ServicePageQuery(PageQuery, FilterQuery):
    """The page to return of the services that meet the filters, and how much of each service."""

    full = QueryFlag(required=False, help_text=_FULL)


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


class HsdsVersionSerializer(ResponseSerializer):
    """The version of HSDS and of this profile."""

    version = serializers.CharField()
    profile = serializers.URLField()
    openapi_url = serializers.URLField()
    fingerpost = serializers.DictField()


class HsdsRootView(ReadView):
    """The version and profile."""

    permission_classes = [Public]

    @extend_schema(operation_id="get_hsds_version", responses=HsdsVersionSerializer, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return the version of HSDS, the profile that describes Fingerpost's extensions, and the licence."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        body = {
            "version": hsds.VERSION,
            "profile": settings.PUBLIC_URL + reverse("hsds-profile"),
            "openapi_url": settings.PUBLIC_URL + reverse("schema"),
            hsds.EXTENSION: {
                "release": request.edition.require_release().number,
                "licence": "CC-BY-4.0",
                "attribution": "Fingerpost",
            },
        }
        return ReadResponse(orjson.dumps(body), SHORT)


class HsdsProfileView(ReadView):
    """The profile."""

    permission_classes = [Public]

    @extend_schema(operation_id="get_hsds_profile", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return the extensions to each HSDS schema, as a JSON Merge Patch."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        return _profile()


@cache
def _profile() -> ReadResponse:
    return ReadResponse(_PROFILE.read_bytes(), SHORT)


class HsdsServicesView(ReadView):
    """All services, in pages."""

    permission_classes = [Public]
    query = ServicePageQuery
    examples = {
        "search": "childline",
        "taxonomy_term_id": identifier("term", "role", "helpline"),
        "taxonomy_id": identifier("taxonomy", "role"),
        "organization_id": identifier("organization", "nspcc"),
        "modified_after": "2026-01-01T00:00:00Z",
    }

    @extend_schema(operation_id="list_hsds_services", responses=HsdsPageSerializer, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of the services that meet the filters, ordered by Fingerpost's ids."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        catalogue = catalogue_of(request.edition)
        full, filtered = request.parameters.get("full") == "true", not FILTERS.isdisjoint(request.parameters)
        names = catalogue.names(request, filtered=filtered)
        wanted = PageRequest.of(request, len(names), most=MAX_FULL_PAGE_SIZE if full or filtered else MAX_PAGE_SIZE)
        until = catalogue.next_expiry(request.at)

        def make() -> bytes:
            return page(names, wanted, request, form=catalogue.json(request, full=full))

        if filtered:
            # Searches rarely repeat: kept in memory, they would displace responses that many clients request.
            return ReadResponse(make(), SHORT, until=until)
        # The key is the page and not the query as sent: all sizes above the largest share one page in memory.
        return _cached(request, make, until=until, key=(full, wanted))


class HsdsServiceView(ReadView):
    """One service."""

    permission_classes = [Public]
    path_parameters = (path_parameter("service_id", fields.SLUG, 80, "UUID of the service, or Fingerpost's own id."),)
    problems = (410,)

    @extend_schema(operation_id="get_hsds_service", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request, service_id: str) -> HttpResponse:
        """Return the service with everything that belongs to it; a retired one returns 410 with its successor."""
        return self.serve(request, service_id=service_id)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        catalogue, wanted = catalogue_of(request.edition), request.path_params["service_id"]
        entry = catalogue.full.get(wanted) or catalogue.full.get(identifier("service", wanted))
        if entry is not None:
            return _cached(
                request, lambda: orjson.dumps(catalogue.current_entry(entry, request)), until=catalogue.next_expiry(request.at)
            )
        for retired, successor in catalogue.retired.items():
            if wanted in (retired, identifier("service", retired)):
                raise RetiredService(successor=successor and identifier("service", successor))
        raise NoSuchService()


class HsdsTaxonomiesView(ReadView):
    """The taxonomies that classify services."""

    permission_classes = [Public]
    query = PageQuery

    @extend_schema(operation_id="list_hsds_taxonomies", responses=HsdsPageSerializer, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of taxonomies."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        return _paged(taxonomies(), request)


class HsdsTaxonomyView(ReadView):
    """One taxonomy."""

    permission_classes = [Public]
    path_parameters = (path_parameter("taxonomy_id", UUID, 36, "UUID of the taxonomy."),)
    examples = {"taxonomy_id": taxonomies()[0]["id"]}

    @extend_schema(operation_id="get_hsds_taxonomy", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request, taxonomy_id: str) -> HttpResponse:
        """Return the taxonomy."""
        return self.serve(request, taxonomy_id=taxonomy_id)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        return ReadResponse(_one(taxonomies(), request.path_params["taxonomy_id"]), SHORT)


class HsdsTermsView(ReadView):
    """The terms of all taxonomies."""

    permission_classes = [Public]
    query = PageQuery

    @extend_schema(operation_id="list_hsds_terms", responses=HsdsPageSerializer, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of taxonomy terms."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        return _paged(taxonomy_terms(), request)


class HsdsTermView(ReadView):
    """One term."""

    permission_classes = [Public]
    path_parameters = (path_parameter("term_id", UUID, 36, "UUID of the term."),)
    examples = {"term_id": taxonomy_terms()[0]["id"]}

    @extend_schema(operation_id="get_hsds_term", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request, term_id: str) -> HttpResponse:
        """Return the taxonomy term."""
        return self.serve(request, term_id=term_id)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        return ReadResponse(_one(taxonomy_terms(), request.path_params["term_id"]), SHORT)


def _one(entries: Sequence[Mapping[str, str]], wanted: str) -> bytes:
    found = next((entry for entry in entries if entry["id"] == wanted), None)
    if found is None:
        raise NoSuchEntry()
    return orjson.dumps(found)


def _cached(
    request: ReadRequest, make: Callable[[], bytes], *, until: float = math.inf, key: tuple[Hashable, ...] = ()
) -> ReadResponse:
    """Return the response with the body that `make` returns, from memory if it was made before.

    `key` is what the body depends on besides the path.
    """
    edition = request.edition.require_release()
    return edition.packs.responses.get(
        (edition.number, request.path, *key, until), lambda: ReadResponse(make(), SHORT, until=until)
    )


class PageRequest(NamedTuple):
    """Which page, of how many entries each."""

    number: int
    size: int

    @classmethod
    def of(cls, request: ReadRequest, total: int, *, most: int = MAX_PAGE_SIZE) -> PageRequest:
        """Return the requested page of `total` entries; a size larger than a page can have counts as the largest."""
        size = request.parameters.get("per_page", _DEFAULT_PAGE_SIZE)
        return cls(request.parameters.get("page", 1), min(size, most, max(total, 1)))


Entry = TypeVar("Entry")


def _paged(entries: Sequence[Mapping[str, object]], request: ReadRequest) -> ReadResponse:
    wanted = PageRequest.of(request, len(entries))
    return _cached(request, lambda: page(entries, wanted, request, form=dict), key=wanted)


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
