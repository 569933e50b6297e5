"""GET /hsds/services: the published services as Open Referral HSDS 3.0 with the UK profile, for directories and councils."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api.hsds.catalogue import catalogue_of
from api.hsds.filters import FILTERS, FilterQuery
from api.hsds.pages import LIST_RENDERERS, LIST_RESPONSES, PageQuery, PageSizes, cached, listed, wants_lines
from api.http import fields
from api.http.auth import Public
from api.http.errors import InvalidQuery
from api.http.fields import QueryFlag
from api.http.responses import SHORT, ReadResponse
from api.http.schema import path_parameter
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1.services import NoSuchService, RetiredService
from api.v1.shapes import ResponseSerializer
from content.exporting import hsds
from content.exporting.hsds_ids import identifier

#: Entries per page at most. A full service is ten times as long as a summary, so that fewer keep the cost of a page low.
MAX_FULL_PAGE_SIZE = 50
_PROFILE = Path(__file__).with_name("hsds_profile.json")
_MINIMAL = "true: of each service, only `id` and `modified_date`, and all services on one page unless `per_page` is given."
_FULL = f"true: each service in the form of /hsds/services/{{id}}, at most {MAX_FULL_PAGE_SIZE} on a page."


class ServicePageQuery(PageQuery, FilterQuery):
    """The page to return of the services that meet the filters, and how much of each service."""

    full = QueryFlag(required=False, help_text=_FULL)
    minimal = QueryFlag(required=False, help_text=_MINIMAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("full") == attrs.get("minimal") == "true":
            raise ValidationError({"minimal": ["full and minimal cannot both be true."]})
        return attrs


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
    renderer_classes = LIST_RENDERERS
    query = ServicePageQuery
    examples = {
        "search": "childline",
        "taxonomy_term_id": identifier("term", "role", "helpline"),
        "taxonomy_id": identifier("taxonomy", "role"),
        "organization_id": identifier("organization", "nspcc"),
        "modified_after": "2026-01-01T00:00:00Z",
    }

    @extend_schema(operation_id="list_hsds_services", responses=LIST_RESPONSES, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of the services that meet the filters, ordered by Fingerpost's ids, or all of them as lines."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        catalogue, wanted = catalogue_of(request.edition), request.parameters
        full, minimal = wanted.get("full") == "true", wanted.get("minimal") == "true"
        filtered = not FILTERS.isdisjoint(wanted)
        if full and filtered and wants_lines(request):
            # There are as many such bodies as instants, and each may have megabytes.
            raise InvalidQuery(
                {"full": ["Complete services that meet a filter come in pages. Leave out full, the filters or ndjson."]}
            )
        return listed(
            catalogue.names(request, filtered=filtered),
            request,
            filtered=filtered,
            sizes=_page_sizes(full=full, minimal=minimal, filtered=filtered),
            form=catalogue.minimal(request) if minimal else catalogue.json(request, full=full),
            kind="full" if full else "minimal" if minimal else "",
            until=catalogue.next_expiry(request.at),
        )


def _page_sizes(*, full: bool, minimal: bool, filtered: bool) -> PageSizes:
    if minimal:
        return PageSizes(default=None)
    return PageSizes(most=MAX_FULL_PAGE_SIZE) if full or filtered else PageSizes()


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
            return cached(
                request, lambda: orjson.dumps(catalogue.current_entry(entry, request)), until=catalogue.next_expiry(request.at)
            )
        for retired, successor in catalogue.retired.items():
            if wanted in (retired, identifier("service", retired)):
                raise RetiredService(successor=successor and identifier("service", successor))
        raise NoSuchService()
