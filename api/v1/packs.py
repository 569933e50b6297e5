"""GET /v1/packs/…: the compiled bytes, unchanged."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Everybody
from api.http.negotiation import choose_country, choose_locale
from api.http.responses import IMMUTABLE, SHORT, Answer
from api.http.schema import path_text
from api.http.views import ReadView
from api.reads.pack_store import WithdrawnPack
from api.reads.request import Asked
from api.v1 import shapes
from api.v1.pack_answer import Reading, settled
from core.errors import NotFound, NotHeld

_COUNTRY = path_text("country", fields.COUNTRY, 2, "ISO 3166-1 alpha-2; ZZ is the worldwide pack.")
_LOCALE = path_text("locale", fields.TAG, 35, "One of the release's locales, or a variant in the same language and script.")
_DIGEST = path_text("digest", "[0-9a-f]{64}", 64, "SHA-256 of the bytes.")
_NAME = re.compile("[0-9a-f]{64}")


class NoSuchPack(NotFound):
    """No pack was ever published for this country and locale under this digest."""


class PackView(ReadView):
    """The pack in force for a country and locale."""

    permission_classes = [Everybody]
    throttle = None
    path_parameters = (_COUNTRY, _LOCALE)

    @extend_schema(operation_id="pack", responses=shapes.Pack, tags=["packs"])
    def get(self, request: Request, country: str, locale: str) -> HttpResponse:
        """Return the pack; ETag is its digest, Content-Location its canonical address where that differs."""
        return self.serve(request, country=country, locale=locale)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        found = _place(asked)
        canonical = reverse("pack", args=[found.country.requested, found.locale.served])
        location = canonical if canonical != asked.path else None
        return asked.edition.packs.answers.get(
            (asked.path, found.digest, found.locale.served),
            lambda: Answer(
                asked.edition.packs.body(found.digest),
                SHORT,
                name=found.digest,
                language=found.locale.served,
                location=location,
            ),
        )


class PackBytesView(ReadView):
    """A pack by its digest."""

    permission_classes = [Everybody]
    throttle = None
    path_parameters = (_COUNTRY, _LOCALE, _DIGEST)
    problems = (410,)

    @extend_schema(operation_id="pack_bytes", responses=shapes.Pack, tags=["packs"])
    def get(self, request: Request, country: str, locale: str, digest: str) -> HttpResponse:
        """Return the bytes that were published under this digest; they never change."""
        return self.serve(request, country=country, locale=locale, digest=digest)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        found, name = _place(asked), asked.place["digest"]
        answer = asked.edition.packs.answers.get(
            (asked.path, found.country.served, found.locale.served),
            lambda: Answer(_published(found, name), IMMUTABLE, name=name, language=found.locale.served),
        )
        if name != found.digest and name in asked.edition.withdrawn:
            raise WithdrawnPack()
        return answer


def _place(asked: Asked) -> Reading:
    edition = asked.edition.released()
    country = choose_country(edition, asked.place["country"])
    return settled(asked, country, choose_locale(edition, asked.place["locale"], None))


def _published(found: Reading, name: str) -> bytes:
    """Return the bytes that were published here under this digest, now or earlier."""
    asked, country, locale = found.asked, found.country.served, found.locale.served
    packs = asked.edition.packs
    if name == found.digest:
        return packs.body(name)
    body = packs.earlier(name, country, locale) or (packs.source.ever(name, country, locale) if asked.further else None)
    if body is None:
        raise NoSuchPack() if asked.further or not _NAME.fullmatch(name) else NotHeld()
    return body
