"""GET /v1/tips and /v1/tips/{slug}: the advice of one pack, for clients that do not keep the pack."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Everybody
from api.http.fields import Choice, Strict, Text
from api.http.responses import Answer
from api.http.schema import path_text
from api.http.views import ReadView
from api.reads.request import Asked
from api.v1 import shapes
from api.v1.pack_answer import reading
from content.resolver.types import PackContent, PackedTip
from content.terms import Audience
from core.errors import NotFound


class NoSuchTip(NotFound):
    """This pack holds no such tip."""


class Place(Strict):
    """Where the reader is and which locale the answer is in."""

    country = Text(fields.COUNTRY, most=2, required=False, help_text="ISO 3166-1 alpha-2; left out: worldwide.")
    locale = Text(fields.TAG, most=35, required=False, help_text="BCP 47; left out: Accept-Language is matched.")


class TipQuery(Place):
    """Which tips."""

    audience = Choice(Audience.choices, required=False)


class TipsView(ReadView):
    """The tips of a country and locale."""

    permission_classes = [Everybody]
    query = TipQuery

    @extend_schema(operation_id="tips", responses=shapes.TipList, tags=["tips"])
    def get(self, request: Request) -> HttpResponse:
        """Return all tips in reading order; each names the language it is in."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        found, audience = reading(asked), asked.parameters.get("audience")
        return found.answer(lambda: {"tips": [tip for tip in found.pack["tips"] if _is_for(tip, audience)]})


class TipView(ReadView):
    """One tip."""

    permission_classes = [Everybody]
    query = TipQuery
    path_parameters = (path_text("slug", fields.SLUG, 60, "The tip's slug."),)

    @extend_schema(operation_id="tip", responses=shapes.TipAnswer, tags=["tips"])
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the tip with this slug."""
        return self.serve(request, slug=slug)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        found, audience = reading(asked), asked.parameters.get("audience")
        return found.answer(lambda: {"tip": _tip(found.pack, asked.place["slug"], audience)})


def _tip(pack: PackContent, slug: str, audience: str | None) -> PackedTip:
    for tip in pack["tips"]:
        if tip["slug"] == slug and _is_for(tip, audience):
            return tip
    raise NoSuchTip()


def _is_for(tip: PackedTip, audience: str | None) -> bool:
    return audience is None or audience in tip["audiences"]
