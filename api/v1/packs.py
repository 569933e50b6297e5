"""GET /v1/packs/…: the compiled bytes, unchanged."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api import fields, packs
from api.auth import Everybody
from api.conditional import IMMUTABLE, SHORT, answer
from api.negotiation import choose_country, choose_locale, settle
from api.schema import path_text
from api.v1 import shapes
from api.views import ApiView
from content.models import Release
from core.errors import Gone, NotFound

_COUNTRY = path_text("country", fields.COUNTRY, 2, "ISO 3166-1 alpha-2; ZZ is the worldwide pack.")
_LOCALE = path_text("locale", fields.TAG, 35, "One of the release's locales, or a variant in the same language and script.")
_DIGEST = path_text("digest", "[0-9a-f]{64}", 64, "SHA-256 of the bytes.")


class NoSuchPack(NotFound):
    """No pack was ever published for this country and locale under this digest."""


class WithdrawnPack(Gone):
    """A service that these bytes hold was withdrawn; the manifest names the pack that took their place."""


class PackView(ApiView):
    """The pack in force for a country and locale."""

    permission_classes = [Everybody]
    throttle = None
    path_parameters = (_COUNTRY, _LOCALE)

    @extend_schema(operation_id="pack", responses=shapes.Pack, tags=["packs"])
    def get(self, request: Request, country: str, locale: str) -> HttpResponse:
        """Return the pack; ETag is its digest, Content-Location its canonical address where that differs."""
        served = packs.current()
        place, language = settle(served, choose_country(served, country), choose_locale(served, locale, None))
        pack = served.pack(place.served, language.served)
        canonical = reverse("pack", args=[place.requested, language.served])
        return answer(
            request,
            pack.body,
            cache=SHORT,
            etag=pack.digest,
            language=language.served,
            location=canonical if canonical != request.path else None,
        )


class PackBytesView(ApiView):
    """A pack by its digest."""

    permission_classes = [Everybody]
    throttle = None
    path_parameters = (_COUNTRY, _LOCALE, _DIGEST)
    problems = (410,)

    @extend_schema(operation_id="pack_bytes", responses=shapes.Pack, tags=["packs"])
    def get(self, request: Request, country: str, locale: str, digest: str) -> HttpResponse:
        """Return the bytes that were published under this digest; they never change."""
        served = packs.current()
        place, language = settle(served, choose_country(served, country), choose_locale(served, locale, None))
        pack = served.pack(place.served, language.served)
        body = pack.body if pack.digest == digest else packs.published(place.served, language.served, digest)
        if body is None:
            raise NoSuchPack()
        if pack.digest != digest and Release.objects.was_withdrawn(digest):
            raise WithdrawnPack()
        return answer(request, body, cache=IMMUTABLE, etag=digest, language=language.served)
