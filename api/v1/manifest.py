"""GET /v1/manifest and /.well-known/jwks.json: what a worker signed; the web holds no key."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from api.http.auth import Everybody
from api.http.responses import SHORT, Answer
from api.http.views import ReadView
from api.reads.request import Asked
from api.v1.shapes import _Shape
from content.models.manifest import NotSigned
from content.publishing.signing import jwks


class Jose(BaseRenderer):
    """A compact JWS (RFC 7515), for content negotiation; it is served as it was signed."""

    media_type = "application/jose"
    format = "jose"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError


class JsonWebKey(_Shape):
    """One release key: its public half."""

    kty = serializers.CharField()
    crv = serializers.CharField()
    use = serializers.CharField()
    alg = serializers.CharField()
    kid = serializers.CharField()
    x = serializers.CharField()


class KeySet(_Shape):
    """The keys that may sign manifests (RFC 7517), and the document by which the root names them."""

    keys = JsonWebKey(many=True)
    fingerpost_keys = serializers.CharField()


class ManifestView(ReadView):
    """The signed manifest."""

    permission_classes = [Everybody]
    renderer_classes = [Jose]
    throttle = None

    @extend_schema(operation_id="manifest", responses={(200, Jose.media_type): OpenApiTypes.STR}, tags=["packs"])
    def get(self, request: Request) -> HttpResponse:
        """Return one compact JWS: the packs in force by digest, and what was withdrawn (docs/verifying.md)."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        body = _signed(asked)
        return asked.edition.packs.answers.get(
            (asked.path, body), lambda: Answer(body.encode(), SHORT, content_type=Jose.media_type)
        )


class KeysView(ReadView):
    """The release keys."""

    permission_classes = [Everybody]
    renderer_classes = [JSONRenderer]

    @extend_schema(operation_id="release_keys", responses=KeySet, tags=["packs"])
    def get(self, request: Request) -> HttpResponse:
        """Return the keys as a JWK set; apps trust the pinned root alone, and this is no anchor."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        return Answer(orjson.dumps(jwks(_signed(asked))), SHORT)


def _signed(asked: Asked) -> str:
    if asked.edition.manifest is None:
        raise NotSigned()
    return asked.edition.manifest
