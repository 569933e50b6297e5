"""GET /v1/tips and /v1/tips/{slug}: the tips of one pack, for clients that do not store packs."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.fields import Choice, PatternText, StrictSerializer
from api.http.responses import ReadResponse
from api.http.schema import path_parameter
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1 import shapes
from api.v1.resolved_pack import resolve_pack
from content.resolver.types import PackContent, PackedTip
from content.terms import Recipient
from core.errors import NotFound


class NoSuchTip(NotFound):
    """There is no tip with this slug for this country, locale and audience."""


class PackQuery(StrictSerializer):
    """The country and locale of the pack to read from."""

    country = PatternText(fields.COUNTRY, max_length=2, required=False, help_text="ISO 3166-1 alpha-2. Default: worldwide.")
    locale = PatternText(
        fields.TAG, max_length=35, required=False, help_text="BCP 47. Default: the best match for Accept-Language."
    )


class TipQuery(PackQuery):
    """The tips to return."""

    audience = Choice(Recipient.choices, required=False, help_text="Only tips for this audience. Default: all.")


class TipsView(ReadView):
    """The tips of a country and locale."""

    permission_classes = [Public]
    query = TipQuery

    @extend_schema(operation_id="list_tips", responses=shapes.TipListSerializer, tags=["tips"])
    def get(self, request: Request) -> HttpResponse:
        """Return all tips in reading order; each states its language."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found, audience = resolve_pack(request), request.parameters.get("audience")
        return found.respond(lambda: {"tips": [tip for tip in found.pack["tips"] if _is_for(tip, audience)]})


class TipView(ReadView):
    """One tip."""

    permission_classes = [Public]
    query = TipQuery
    path_parameters = (path_parameter("slug", fields.SLUG, 60, "Slug of the tip."),)

    @extend_schema(operation_id="get_tip", responses=shapes.TipAnswerSerializer, tags=["tips"])
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the tip with this slug."""
        return self.serve(request, slug=slug)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found, audience = resolve_pack(request), request.parameters.get("audience")
        return found.respond(lambda: {"tip": _tip(found.pack, request.path_params["slug"], audience)})


def _tip(pack: PackContent, slug: str, audience: str | None) -> PackedTip:
    for tip in pack["tips"]:
        if tip["slug"] == slug and _is_for(tip, audience):
            return tip
    raise NoSuchTip()


def _is_for(tip: PackedTip, audience: str | None) -> bool:
    return audience is None or audience in tip["audiences"]
