"""GET /hsds/…: the published services as Open Referral HSDS 3.0 and the UK profile have them, for directories and councils."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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

from api.http import fields
from api.http.auth import Everybody
from api.http.fields import Choice, Strict
from api.http.responses import SHORT, Answer
from api.http.schema import path_text
from api.http.views import ReadView
from api.reads.edition import Edition
from api.reads.pack_store import Packs
from api.reads.request import Asked
from api.v1.services import NoSuchService, RetiredService
from api.v1.shapes import _Shape
from content.exporting import hsds, hsds_alert
from content.exporting.hsds_alert import Alert
from content.exporting.hsds_ids import identifier
from content.exporting.hsds_taxonomies import taxonomies, taxonomy_terms
from content.exporting.open_data import home_packs, release_services
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

    short: Mapping[str, dict[str, Any]]
    full: Mapping[str, dict[str, Any]]
    retired: Mapping[str, str | None]
    #: Of the services that have any.
    alerts: Mapping[str, Sequence[Alert]]

    def over_at(self, at: datetime) -> float:
        """Return the Unix time at which the next alert is over."""
        return min((alert.until.timestamp() for of in self.alerts.values() for alert in of if alert.until > at), default=math.inf)

    def told(self, entry: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        """Return the entry with its alerts that are not over, and when it last changed where that is known."""
        found = dict(entry)
        if standing := [alert.text for alert in self.alerts.get(entry["id"], ()) if alert.until > asked.at]:
            found["alert"] = " ".join(standing)
        if since := asked.edition.changed.get(entry[hsds.EXTENSION]["id"]):
            found["last_modified"] = since
        return found


def catalogue(edition: Edition) -> Catalogue:
    """Return what is published; built once for the same packs. Raises NoRelease."""
    return _build(tuple(home_packs(edition.released().places).items()), edition.packs, settings.ASSURER_EMAIL)


@lru_cache(maxsize=2)
def _build(homes: tuple[tuple[str, str], ...], packs: Packs, assurer: str) -> Catalogue:
    # One pack after the other, past the memory of parsed ones: readers need their own to stay there.
    found = release_services(dict(homes), lambda name: orjson.loads(packs.body(name)))
    services = {identifier("service", name): service for name, service in found.services.items()}
    alerts = {name: tuple(hsds_alert.alerts(service, found.notice_texts)) for name, service in services.items()}
    return Catalogue(
        {name: hsds.summary(service, assurer=assurer) for name, service in services.items()},
        {name: hsds.nested(service, assurer=assurer) for name, service in services.items()},
        found.retired,
        {name: of for name, of in alerts.items() if of},
    )


class AboutView(ReadView):
    """What this API is."""

    permission_classes = [Everybody]

    @extend_schema(operation_id="hsds", responses=HsdsApi, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return the version of HSDS, the profile that declares what is added to it, and the licence."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        body = {
            "version": hsds.VERSION,
            "profile": settings.PUBLIC_URL + reverse("hsds-profile"),
            "openapi_url": settings.PUBLIC_URL + reverse("schema"),
            hsds.EXTENSION: {"release": asked.edition.released().number, "licence": "CC-BY-4.0", "attribution": "Fingerpost"},
        }
        return Answer(orjson.dumps(body), SHORT)


class ProfileView(ReadView):
    """The extensions."""

    permission_classes = [Everybody]

    @extend_schema(operation_id="hsds_profile", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return for each schema of HSDS what is added to it, as a JSON Merge Patch."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        return _profile()


@cache
def _profile() -> Answer:
    return Answer(_PROFILE.read_bytes(), SHORT)


class ServicesView(ReadView):
    """All services, page by page."""

    permission_classes = [Everybody]
    query = ServicePageQuery

    @extend_schema(operation_id="hsds_services", responses=HsdsPage, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of services; the order is that of our ids and the same in each release."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        known = catalogue(asked.edition)
        entries = known.full if asked.parameters.get("full") == "true" else known.short
        return _answer(
            asked, lambda: page([known.told(entry, asked) for entry in entries.values()], asked), until=known.over_at(asked.at)
        )


class ServiceView(ReadView):
    """One service."""

    permission_classes = [Everybody]
    path_parameters = (path_text("service_id", fields.SLUG, 80, "The UUID, or our own id that stands beside it."),)
    problems = (410,)

    @extend_schema(operation_id="hsds_service", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request, service_id: str) -> HttpResponse:
        """Return the service with all that belongs to it; a retired one answers 410 with its successor."""
        return self.serve(request, service_id=service_id)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        known, wanted = catalogue(asked.edition), asked.place["service_id"]
        entry = known.full.get(wanted) or known.full.get(identifier("service", wanted))
        if entry is not None:
            return _answer(asked, lambda: orjson.dumps(known.told(entry, asked)), until=known.over_at(asked.at))
        for retired, successor in known.retired.items():
            if wanted in (retired, identifier("service", retired)):
                raise RetiredService(successor=successor and identifier("service", successor))
        raise NoSuchService()


class TaxonomiesView(ReadView):
    """The taxonomies that services are sorted by."""

    permission_classes = [Everybody]
    query = PageQuery

    @extend_schema(operation_id="hsds_taxonomies", responses=HsdsPage, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of taxonomies."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        return _answer(asked, lambda: page(taxonomies(), asked))


class TaxonomyView(ReadView):
    """One taxonomy."""

    permission_classes = [Everybody]
    path_parameters = (path_text("taxonomy_id", _UUID, 36, "The taxonomy's UUID."),)

    @extend_schema(operation_id="hsds_taxonomy", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request, taxonomy_id: str) -> HttpResponse:
        """Return the taxonomy."""
        return self.serve(request, taxonomy_id=taxonomy_id)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        return Answer(_one(taxonomies(), asked.place["taxonomy_id"]), SHORT)


class TermsView(ReadView):
    """The terms of all taxonomies."""

    permission_classes = [Everybody]
    query = PageQuery

    @extend_schema(operation_id="hsds_taxonomy_terms", responses=HsdsPage, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of taxonomy terms."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        return _answer(asked, lambda: page(taxonomy_terms(), asked))


class TermView(ReadView):
    """One term."""

    permission_classes = [Everybody]
    path_parameters = (path_text("term_id", _UUID, 36, "The term's UUID."),)

    @extend_schema(operation_id="hsds_taxonomy_term", responses=OpenApiTypes.OBJECT, tags=["hsds"])
    def get(self, request: Request, term_id: str) -> HttpResponse:
        """Return the taxonomy term."""
        return self.serve(request, term_id=term_id)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        return Answer(_one(taxonomy_terms(), asked.place["term_id"]), SHORT)


def _one(entries: Sequence[dict[str, Any]], wanted: str) -> bytes:
    found = next((entry for entry in entries if entry["id"] == wanted), None)
    if found is None:
        raise NoSuchEntry()
    return orjson.dumps(found)


def _answer(asked: Asked, make: Callable[[], bytes], *, until: float = math.inf) -> Answer:
    """Return the answer with the body that `make` returns, from memory where it was made before: it need not be packed again."""
    edition = asked.edition.released()
    key = (edition.number, asked.path, *sorted(asked.query.items()), until)
    return edition.packs.answers.get(key, lambda: Answer(make(), SHORT, until=until))


def page(entries: Sequence[dict[str, Any]], asked: Asked) -> bytes:
    """Return the page of the entries that the parameters ask for; one past the last is empty."""
    number, size = asked.parameters.get("page", 1), asked.parameters.get("per_page", _USUAL)
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
            hsds.EXTENSION: {"release": asked.edition.number},
        }
    )
