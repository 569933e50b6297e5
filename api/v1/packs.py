"""GET /v1/packs/…: the compiled packs, byte for byte."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.negotiation import choose_country, choose_locale
from api.http.responses import IMMUTABLE, SHORT, ReadResponse
from api.http.schema import path_parameter
from api.http.views import ReadView
from api.reads.pack_store import PackWithdrawn
from api.reads.request import ReadRequest
from api.v1 import shapes
from api.v1.resolved_pack import ResolvedPack, pack_for
from core.errors import NotFound, NotHeld

_COUNTRY = path_parameter("country", fields.COUNTRY, 2, "ISO 3166-1 alpha-2, or ZZ for the worldwide pack.")
_LOCALE = path_parameter("locale", fields.TAG, 35, "A locale of the release, or a variant of it in the same language and script.")
_DIGEST = path_parameter("digest", "[0-9a-f]{64}", 64, "SHA-256 of the pack in hex.")
_DIGEST_PATTERN = re.compile("[0-9a-f]{64}")


class NoSuchPack(NotFound):
    """No pack with this digest was ever published for this country and locale."""


class PackView(ReadView):
    """The pack in force for a country and locale."""

    permission_classes = [Public]
    throttle = None
    path_parameters = (_COUNTRY, _LOCALE)

    @extend_schema(operation_id="get_pack", responses=shapes.PackSerializer, tags=["packs"])
    def get(self, request: Request, country: str, locale: str) -> HttpResponse:
        """Return the pack. ETag is its digest; Content-Location is its canonical URL if that differs."""
        return self.serve(request, country=country, locale=locale)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found = _resolve(request)
        canonical = _canonical(found)
        return _in_force(found).at(canonical if canonical != request.path else None)


class CountryPackView(ReadView):
    """The pack in force for a country, in the language of the reader."""

    permission_classes = [Public]
    throttle = None
    negotiates_language = True
    path_parameters = (_COUNTRY,)

    @extend_schema(operation_id="get_country_pack", responses=shapes.PackSerializer, tags=["packs"])
    def get(self, request: Request, country: str) -> HttpResponse:
        """Return the pack for Accept-Language. Content-Location is its URL: fetch that one from then on."""
        return self.serve(request, country=country)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        edition = request.edition.require_release()
        country = choose_country(edition, request.path_params["country"])
        found = pack_for(request, country, choose_locale(edition, None, request.accept_language))
        return _in_force(found).at(_canonical(found), vary=("Accept-Language",))


class PackBytesView(ReadView):
    """A pack by its digest."""

    permission_classes = [Public]
    throttle = None
    path_parameters = (_COUNTRY, _LOCALE, _DIGEST)
    problems = (410,)

    @extend_schema(operation_id="get_pack_by_digest", responses=shapes.PackSerializer, tags=["packs"])
    def get(self, request: Request, country: str, locale: str, digest: str) -> HttpResponse:
        """Return the bytes published under this digest; they never change."""
        return self.serve(request, country=country, locale=locale, digest=digest)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found, digest = _resolve(request), request.path_params["digest"]
        response = request.edition.packs.published.get(
            (digest, found.country.served, found.locale.served),
            lambda: ReadResponse(_published(found, digest), IMMUTABLE, digest=digest, language=found.locale.served),
        )
        if digest != found.digest and digest in request.edition.withdrawn_packs:
            raise PackWithdrawn()
        return response


def _resolve(request: ReadRequest) -> ResolvedPack:
    edition = request.edition.require_release()
    country = choose_country(edition, request.path_params["country"])
    return pack_for(request, country, choose_locale(edition, request.path_params["locale"], None))


def _canonical(found: ResolvedPack) -> str:
    return reverse("pack", args=[found.country.requested, found.locale.served])


def _in_force(found: ResolvedPack) -> ReadResponse:
    """Return the pack; by digest, not by path: whatever locales are requested, a pack is held and compressed once."""
    packs = found.request.edition.packs
    return packs.published.get(
        (found.digest, found.locale.served),
        lambda: ReadResponse(packs.body(found.digest), SHORT, digest=found.digest, language=found.locale.served),
    )


def _published(found: ResolvedPack, digest: str) -> bytes:
    """Return the pack that the current or an earlier release served here under this digest."""
    request, country, locale = found.request, found.country.served, found.locale.served
    packs = request.edition.packs
    if digest == found.digest:
        return packs.body(digest)
    body = packs.historical_on_disk(digest, country, locale)
    if body is None and request.may_query_database:
        body = packs.source.historical(digest, country, locale)
    if body is None:
        raise NoSuchPack() if request.may_query_database or not _DIGEST_PATTERN.fullmatch(digest) else NotHeld()
    return body
