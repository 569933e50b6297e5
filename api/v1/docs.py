"""GET /v1/schema and /v1/docs: the OpenAPI document, and a page that shows it without loading anything from elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import SHORT, ReadResponse, django_response, respond
from api.http.views import ApiView


@cache
def _schema() -> ReadResponse:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return ReadResponse(orjson.dumps(document), SHORT)


class SchemaView(ApiView):
    """The OpenAPI document."""

    permission_classes = [Public]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the OpenAPI 3.1 document as JSON."""
        return django_response(request._request, _schema())


class HtmlRenderer(BaseRenderer):
    """The HTML media type, for content negotiation only; the views write the HTML themselves."""

    media_type = "text/html"
    format = "html"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError


class DocsView(ApiView):
    """The OpenAPI document as a page."""

    permission_classes = [Public]
    renderer_classes = [HtmlRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return a page that loads /v1/schema; its scripts and styles come from this server."""
        page = render_to_string("api/docs.html", {"schema": reverse("schema")})
        return respond(request, page.encode(), cache=SHORT, content_type="text/html; charset=utf-8")
