"""GET /.well-known/security.txt: where to report a weakness of this server (RFC 9116)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import respond
from api.http.views import ApiView
from core.errors import NotFound
from core.instants import rfc3339

#: RFC 9116 recommends less than a year; readers of an old copy are sent here again.
_VALID = timedelta(days=180)
_CACHE = "public, max-age=86400"


class NoContact(NotFound):
    """This server names no contact for reports."""


class PlainTextRenderer(BaseRenderer):
    """The media type of the file, for content negotiation only."""

    media_type = "text/plain"
    format = "txt"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError


class SecurityTxtView(ApiView):
    """The contact for reports of weaknesses."""

    permission_classes = [Public]
    renderer_classes = [PlainTextRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the file, or 404 where SECURITY_EMAIL is not set."""
        if not settings.SECURITY_EMAIL:
            raise NoContact()
        expires = datetime.combine(timezone.now().date() + _VALID, time(), tzinfo=UTC)
        lines = (
            f"Contact: mailto:{settings.SECURITY_EMAIL}",
            f"Expires: {rfc3339(expires)}",
            "Preferred-Languages: en",
            f"Canonical: {settings.PUBLIC_URL}/.well-known/security.txt",
        )
        return respond(request, ("\n".join(lines) + "\n").encode(), cache=_CACHE, content_type="text/plain; charset=utf-8")
