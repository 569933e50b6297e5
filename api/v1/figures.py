"""GET /v1/facts: the statistics of one pack, for parents, educators and those who write for them."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import ReadResponse
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1 import shapes
from api.v1.resolved_pack import resolve_pack
from api.v1.tips import PackQuery


class FiguresView(ReadView):
    """The statistics for a country and locale."""

    permission_classes = [Public]
    query = PackQuery

    @extend_schema(operation_id="list_figures", responses=shapes.FigureListSerializer, tags=["facts"])
    def get(self, request: Request) -> HttpResponse:
        """Return all figures of the country and of the world. Show the label `reports-not-cases` with each; never to teens."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found = resolve_pack(request)
        # Packs of older versions have none.
        figures, labels = found.pack.get("figures", []), found.pack["labels"].get("figures", {})
        return found.respond(lambda: {"figures": figures, "labels": {"figures": labels}})
