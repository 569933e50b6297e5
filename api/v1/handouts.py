"""GET /v1/handouts: the pages to print for a country and locale."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import ReadResponse
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1 import shapes
from api.v1.resolved_pack import ResolvedPack, resolve_pack
from api.v1.tips import PackQuery
from content.exporting.handouts import KINDS, NoSuchHandout, labels_of


class HandoutsView(ReadView):
    """The handouts for a country and locale."""

    permission_classes = [Public]
    query = PackQuery

    @extend_schema(operation_id="list_handouts", responses=shapes.HandoutListSerializer, tags=["handouts"])
    def get(self, request: Request) -> HttpResponse:
        """Return title, audience and addresses of each page to print; empty while the release has no words for them."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found = resolve_pack(request)
        return found.respond(lambda: {"handouts": _handouts(found)})


def _handouts(found: ResolvedPack) -> list[dict[str, object]]:
    try:
        labels = labels_of(found.pack)
    except NoSuchHandout:
        return []
    handouts: list[dict[str, object]] = []
    for kind in KINDS:
        place = [found.country.requested, found.locale.served, kind.slug.value]
        pdf = settings.PUBLIC_URL + reverse("handout-pdf", args=place)
        handouts.append(
            {
                "slug": kind.slug.value,
                "title": labels[kind.slug.value],
                "audience": kind.audience.value,
                "page": settings.PUBLIC_URL + reverse("handout", args=place),
                "pdf": {"a4": f"{pdf}?paper=a4", "letter": f"{pdf}?paper=letter"},
            }
        )
    return handouts
