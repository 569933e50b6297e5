"""GET /v1/problems/{code}: what a problem's `type` refers to."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Everybody
from api.http.errors import KINDS, TYPE_PREFIX
from api.http.responses import SHORT, answer
from api.http.schema import path_text
from api.http.views import ApiView
from api.v1.shapes import _Shape
from core.errors import NotFound


class NoSuchProblem(NotFound):
    """No answer of this API has this type."""


class ProblemKind(_Shape):
    """One kind of problem."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()


class ProblemView(ApiView):
    """One kind of problem."""

    permission_classes = [Everybody]
    path_parameters = (path_text("code", fields.SLUG, 40, "The last part of a problem's type."),)

    @extend_schema(operation_id="problem", responses=ProblemKind, tags=["service"])
    def get(self, request: Request, code: str) -> HttpResponse:
        """Return the title and status that every problem of this type has."""
        kind = KINDS.get(code)
        if kind is None:
            raise NoSuchProblem()
        return answer(request, {"type": TYPE_PREFIX + kind.code, "title": kind.title, "status": kind.status}, cache=SHORT)
