"""GET /v1/problems/{code}: the description that a problem's `type` refers to."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.errors import KINDS, TYPE_PREFIX
from api.http.responses import SHORT, respond
from api.http.schema import path_parameter
from api.http.views import ApiView
from api.v1.shapes import ResponseSerializer
from core.errors import NotFound


class NoSuchProblem(NotFound):
    """No problem document of this API has this type."""


class ProblemKindSerializer(ResponseSerializer):
    """One kind of problem."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()


class ProblemView(ApiView):
    """One kind of problem."""

    permission_classes = [Public]
    path_parameters = (path_parameter("code", fields.SLUG, 40, "The last segment of a problem's `type`."),)

    @extend_schema(operation_id="get_problem_kind", responses=ProblemKindSerializer, tags=["server"])
    def get(self, request: Request, code: str) -> HttpResponse:
        """Return the title and status of this kind of problem."""
        kind = KINDS.get(code)
        if kind is None:
            raise NoSuchProblem()
        return respond(request, {"type": TYPE_PREFIX + kind.code, "title": kind.title, "status": kind.status}, cache=SHORT)
