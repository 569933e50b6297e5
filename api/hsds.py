"""GET /hsds/…: the published services as Open Referral HSDS 3.0 and the UK profile have them, for directories and councils."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api import fields
from api.auth import Everybody
from api.conditional import SHORT, answer
from api.fields import Choice, Strict
from api.schema import path_text
from api.v1.services import NoSuchService, RetiredService
from api.v1.shapes import _Shape
from api.views import ApiView
from content import hsds
from content.models import Release
from content.open_data import current_release, listed
from core.errors import NotFound

#: Most entries of one page.
MOST = 500
_USUAL = 50
_MOST_PAGES = 10_000
_PROFILE = Path(__file__).with_name("hsds_profile.json")
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class NoSuchEntry(NotFound):
    """There is no such taxonomy or term here."""


class Count(serializers.IntegerField):
    """A whole number from 1 in a query string, written in plain digits."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or re.fullmatch(r"[1-9][0-9]{0,8}", data) is None:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class PageQuery(Strict):
    """Which page. There is no filter: neither situation nor age may be in a URL, and the whole is small."""

    page = Count(min_value=1, max_value=_MOST_PAGES, required=False, help_text="From 1.")
    per_page = Count(min_value=1, max_value=MOST, required=False, help_text=f"{_USUAL} where it is left out.")


class ServicePageQuery(PageQuery):
    """Which page, and whether with all that belongs to each service."""

    full = Choice(["true", "false"], required=False, help_text="true: each service as /hsds/services/{id} has it.")


class HsdsPage(_Shape):
    """A page as HSDS has it; `fingerpost.release` tells a client that pages on when another release came in between."""

    total_items = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    page_number = serializers.IntegerField()
    size = serializers.IntegerField()
    first_page = serializers.BooleanField()
    last_page = serializers.BooleanField()
    empty = serializers.BooleanField()
    contents = serializers.ListField(child=serializers.DictField())
    fingerpost = serializers.DictField()


class HsdsApi(_Shape):
    """What this API is."""

    version = serializers.CharField()
    profile = serializers.URLField()
    openapi_url = serializers.URLField()
    fingerpost = serializers.DictField()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The release's services as HSDS, by UUID in the order of our ids, and the successors of those that have retired."""

    release: int
    short: Mapping[str, dict[str, Any]]
    full: Mapping[str, dict[str, Any]]
    retired: Mapping[str, str | None]


def catalogue() -> Catalogue:
    """Return what is published; built once a release and process. Raises NoRelease."""
    return _build(current_release().number, settings.ASSURER_EMAIL)


@lru_cache(maxsize=2)
def _build(number: int, assurer: str) -> Catalogue:
    found = listed(Release(number=number))
    services = found.services.values()
    return Catalogue(
        number,
        {hsds.identifier("service", service["id"]): hsds.summary(service, assurer=assurer) for service in services},
        {hsds.identifier("service", service["id"]): hsds.nested(service, assurer=assurer) for service in services},
        dict(found.retired),
    )


class AboutView(ApiView):
    """What this API is."""

    permission_classes = [Everybody]
    asks_database = True

    @extend_schema(operation_id="hsds", responses=HsdsApi, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return the version of HSDS, the profile that declares what is added to it, and the licence."""
        body = {
            "version": hsds.VERSION,
            "profile": settings.PUBLIC_URL + reverse("hsds-profile"),
            "openapi_url": settings.PUBLIC_URL + reverse("schema"),
            hsds.EXTENSION: {"release": current_release().number, "licence": "CC-BY-4.0", "attribution": "Fingerpost"},
        }
        return answer(request, body, cache=SHORT)


class ProfileView(ApiView):
    """The extensions."""

    permission_classes = [Everybody]

    @extend_schema(operation_id="hsds_profile", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return for each schema of HSDS what is added to it, as a JSON Merge Patch."""
        return answer(request, _profile(), cache=SHORT)


@cache
def _profile() -> bytes:
    return _PROFILE.read_bytes()


class ServicesView(ApiView):
    """All services, page by page."""

    permission_classes = [Everybody]
    asks_database = True
    query = ServicePageQuery

    @extend_schema(operation_id="hsds_services", responses=HsdsPage, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of services; the order is that of our ids and the same in each release."""
        known = catalogue()
        entries = known.full if self.parameters.get("full") == "true" else known.short
        return answer(request, page(list(entries.values()), self.parameters, known.release), cache=SHORT)


class ServiceView(ApiView):
    """One service."""

    permission_classes = [Everybody]
    asks_database = True
    path_parameters = (path_text("service_id", fields.SLUG, 80, "The UUID, or our own id that stands beside it."),)
    problems = (410,)

    @extend_schema(operation_id="hsds_service", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request, service_id: str) -> HttpResponse:
        """Return the service with all that belongs to it; a retired one answers 410 with its successor."""
        known = catalogue()
        for name in (service_id, hsds.identifier("service", service_id)):
            if name in known.full:
                return answer(request, known.full[name], cache=SHORT)
        for retired, successor in known.retired.items():
            if service_id in (retired, hsds.identifier("service", retired)):
                raise RetiredService(successor=successor and hsds.identifier("service", successor))
        raise NoSuchService()


class TaxonomiesView(ApiView):
    """The taxonomies that services are sorted by."""

    permission_classes = [Everybody]
    asks_database = True
    query = PageQuery

    @extend_schema(operation_id="hsds_taxonomies", responses=HsdsPage, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of taxonomies."""
        return answer(request, page(hsds.taxonomies(), self.parameters, current_release().number), cache=SHORT)


class TaxonomyView(ApiView):
    """One taxonomy."""

    permission_classes = [Everybody]
    asks_database = True
    path_parameters = (path_text("taxonomy_id", _UUID, 36, "The taxonomy's UUID."),)

    @extend_schema(operation_id="hsds_taxonomy", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request, taxonomy_id: str) -> HttpResponse:
        """Return the taxonomy."""
        return answer(request, _one(hsds.taxonomies(), taxonomy_id), cache=SHORT)


class TermsView(ApiView):
    """The terms of all taxonomies."""

    permission_classes = [Everybody]
    asks_database = True
    query = PageQuery

    @extend_schema(operation_id="hsds_taxonomy_terms", responses=HsdsPage, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of taxonomy terms."""
        return answer(request, page(hsds.taxonomy_terms(), self.parameters, current_release().number), cache=SHORT)


class TermView(ApiView):
    """One term."""

    permission_classes = [Everybody]
    asks_database = True
    path_parameters = (path_text("term_id", _UUID, 36, "The term's UUID."),)

    @extend_schema(operation_id="hsds_taxonomy_term", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request, term_id: str) -> HttpResponse:
        """Return the taxonomy term."""
        return answer(request, _one(hsds.taxonomy_terms(), term_id), cache=SHORT)


def _one(entries: Sequence[dict[str, Any]], wanted: str) -> dict[str, Any]:
    found = next((entry for entry in entries if entry["id"] == wanted), None)
    if found is None:
        raise NoSuchEntry()
    return found


def page(entries: Sequence[dict[str, Any]], parameters: Mapping[str, Any], release: int) -> bytes:
    """Return the page of the entries that the parameters ask for; one past the last is empty."""
    number, size = parameters.get("page", 1), parameters.get("per_page", _USUAL)
    contents = entries[(number - 1) * size : number * size]
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
            hsds.EXTENSION: {"release": release},
        }
    )
