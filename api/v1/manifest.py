"""GET /v1/manifest, /v1/manifest/{country}, /v1/manifest/{country}/{locale}, /.well-known/jwks.json: signed manifests, and keys.

Workers sign; the web process has no key.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.negotiation import choose_country, choose_locale
from api.http.responses import SHORT, ReadResponse
from api.http.schema import path_parameter
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1.shapes import ResponseSerializer
from content.models.manifest import NotSigned
from content.publishing.signing import jwks
from content.terms import WORLDWIDE

_COUNTRY = path_parameter("country", fields.COUNTRY, 2, "ISO 3166-1 alpha-2, or ZZ for the worldwide packs.")
_LOCALE = path_parameter("locale", fields.TAG, 35, "A locale of the release, or a variant of it in the same language and script.")


class JoseRenderer(BaseRenderer):
    """The media type of a compact JWS (RFC 7515), for content negotiation only; the view returns the signed bytes."""

    media_type = "application/jose"
    format = "jose"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError


class JsonWebKeySerializer(ResponseSerializer):
    """The public half of one release key."""

    kty = serializers.CharField()
    crv = serializers.CharField()
    use = serializers.CharField()
    alg = serializers.CharField()
    kid = serializers.CharField()
    x = serializers.CharField()


class KeySetSerializer(ResponseSerializer):
    """The keys that may sign manifests (RFC 7517), and the document in which the root key names them."""

    keys = JsonWebKeySerializer(many=True)
    fingerpost_keys = serializers.CharField()


class ManifestView(ReadView):
    """The signed manifest."""

    permission_classes = [Public]
    renderer_classes = [JoseRenderer]
    throttle = None

    @extend_schema(operation_id="get_manifest", responses={(200, JoseRenderer.media_type): OpenApiTypes.STR}, tags=["packs"])
    def get(self, request: Request) -> HttpResponse:
        """Return a compact JWS that lists the packs in force by digest, and the withdrawn services (docs/verifying.md)."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        body = _signed(request)
        return request.edition.packs.responses.get(
            (request.path, body), lambda: ReadResponse(body.encode(), SHORT, content_type=JoseRenderer.media_type)
        )


class CountryManifestView(ReadView):
    """The signed manifest of one country."""

    permission_classes = [Public]
    renderer_classes = [JoseRenderer]
    throttle = None
    path_parameters = (_COUNTRY,)

    @extend_schema(
        operation_id="get_country_manifest", responses={(200, JoseRenderer.media_type): OpenApiTypes.STR}, tags=["packs"]
    )
    def get(self, request: Request, country: str) -> HttpResponse:
        """Return a compact JWS that lists the packs of one country alone (docs/verifying.md)."""
        return self.serve(request, country=country)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        served = _signed_country(request)
        return _respond(request, request.edition.country_manifests[served], reverse("country-manifest", args=[served]))


class LocaleManifestView(ReadView):
    """The signed manifest of one country with the pack of one locale."""

    permission_classes = [Public]
    renderer_classes = [JoseRenderer]
    throttle = None
    path_parameters = (_COUNTRY, _LOCALE)

    @extend_schema(
        operation_id="get_locale_manifest", responses={(200, JoseRenderer.media_type): OpenApiTypes.STR}, tags=["packs"]
    )
    def get(self, request: Request, country: str, locale: str) -> HttpResponse:
        """Return a compact JWS that lists one pack alone, for the daily check of a phone (docs/verifying.md)."""
        return self.serve(request, country=country, locale=locale)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        locale = choose_locale(request.edition.require_release(), request.path_params["locale"], None).served
        served = _signed_country(request)
        signed = request.edition.locale_manifests.get(served, {}).get(locale)
        if signed is None:
            # The gate kept the pack back, or a worker of an earlier version signed last: the country's manifest says as much.
            return _respond(request, request.edition.country_manifests[served], reverse("country-manifest", args=[served]))
        return _respond(request, signed, reverse("locale-manifest", args=[served, locale]))


class KeysView(ReadView):
    """The release keys."""

    permission_classes = [Public]
    renderer_classes = [JSONRenderer]

    @extend_schema(operation_id="get_release_keys", responses=KeySetSerializer, tags=["packs"])
    def get(self, request: Request) -> HttpResponse:
        """Return the keys as a JWK set. It is not a trust anchor: apps trust the root key built into them."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        return ReadResponse(orjson.dumps(jwks(_signed(request))), SHORT)


def _signed_country(request: ReadRequest) -> str:
    """Return the country whose manifest answers the request; raise UnknownCountry or NotSigned.

    By the signed lists, not by the release: a new release is signed a moment after it was published.
    """
    signed = request.edition.country_manifests
    country = choose_country(request.edition, request.path_params["country"])
    served = country.requested if country.requested in signed else WORLDWIDE
    if served not in signed:
        raise NotSigned()
    return served


def _respond(request: ReadRequest, body: str, canonical: str) -> ReadResponse:
    """Return a compact JWS, held in memory once, with Content-Location where its own URL is another one."""
    response = request.edition.packs.responses.get(
        (canonical, body), lambda: ReadResponse(body.encode(), SHORT, content_type=JoseRenderer.media_type)
    )
    return response.at(canonical if canonical != request.path else None)


def _signed(request: ReadRequest) -> str:
    if request.edition.manifest is None:
        raise NotSigned()
    return request.edition.manifest
