"""GET /hsds/taxonomies and /hsds/taxonomy_terms: what classifies the services, in the form of HSDS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.hsds.filters import UUID, has_words, search_field
from api.hsds.pages import LIST_RENDERERS, LIST_RESPONSES, PageQuery, listed
from api.http.auth import Public
from api.http.fields import PatternText, QueryFlag
from api.http.responses import SHORT, ReadResponse
from api.http.schema import path_parameter
from api.http.views import ReadView
from api.reads.request import ReadRequest
from content.exporting.hsds_ids import identifier
from content.exporting.hsds_taxonomies import taxonomies, taxonomy_terms
from core.errors import NotFound


class NoSuchEntry(NotFound):
    """There is no taxonomy or term with this id."""


class TaxonomyPageQuery(PageQuery):
    """The page to return of the taxonomies with these words."""

    search = search_field("Words of the name, in any case and order.")


class TermPageQuery(TaxonomyPageQuery):
    """The page to return of the terms that meet the filters. No term is the child of another."""

    taxonomy_id = PatternText(UUID, max_length=36, required=False, help_text="Terms of this taxonomy.")
    parent_id = PatternText(UUID, max_length=36, required=False, help_text="Terms below this one. There are none.")
    top_only = QueryFlag(required=False, help_text="Only terms that are not below another one, which all are.")


class HsdsTaxonomiesView(ReadView):
    """The taxonomies that classify services."""

    permission_classes = [Public]
    renderer_classes = LIST_RENDERERS
    query = TaxonomyPageQuery
    examples = {"search": "roles"}

    @extend_schema(operation_id="list_hsds_taxonomies", responses=LIST_RESPONSES, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of the taxonomies that meet the filter, or all of them as lines."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        search = request.parameters.get("search", "")
        found = [entry for entry in taxonomies() if has_words(entry["name"], search)]
        return listed(found, request, filtered=bool(search), form=dict)


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
    renderer_classes = LIST_RENDERERS
    query = TermPageQuery
    examples = {
        "search": "helpline",
        "taxonomy_id": identifier("taxonomy", "role"),
        "parent_id": identifier("term", "role", "helpline"),
        "top_only": True,
    }

    @extend_schema(operation_id="list_hsds_terms", responses=LIST_RESPONSES, tags=["hsds"])
    def get(self, request: Request) -> HttpResponse:
        """Return a page of the taxonomy terms that meet the filters, or all of them as lines."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        wanted = request.parameters
        search, taxonomy, parent = wanted.get("search", ""), wanted.get("taxonomy_id"), wanted.get("parent_id")
        found = [
            entry
            for entry in taxonomy_terms()
            if parent is None and taxonomy in (None, entry["taxonomy_id"]) and has_words(entry["name"], search)
        ]
        return listed(found, request, filtered=not {"search", "taxonomy_id", "parent_id"}.isdisjoint(wanted), form=dict)


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
