"""The frame of every answer that is cut from one pack: which release, pack, country and locale it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from api import packs
from api.conditional import SHORT, answer
from api.negotiation import CountryChoice, LocaleChoice, choose_country, choose_locale, explicit_location, settle


@dataclass(frozen=True, slots=True)
class Reading:
    """A parsed pack (not to be changed) with the labels that the answer carries."""

    request: HttpRequest
    release: int
    digest: str
    country: CountryChoice
    locale: LocaleChoice
    pack: dict[str, Any]

    def frame(self) -> dict[str, Any]:
        """Return the fields that every such answer begins with."""
        return {
            "release": self.release,
            "pack": self.digest,
            "country": self.country.label(),
            "locale": self.locale.label(),
        }

    def answer(self, *, cache: str = SHORT, **body: Any) -> HttpResponse:
        """Answer with the frame and the body; says in which locale, and that Accept-Language chose it where it did."""
        chosen = self.locale.from_header
        elsewhere = self.request.method != "POST" and self.locale.requested != self.locale.served
        return answer(
            self.request,
            {**self.frame(), **body},
            cache=cache,
            language=self.locale.served,
            location=explicit_location(self.request, locale=self.locale.served) if elsewhere else None,
            vary=("Accept-Language",) if chosen else (),
        )


def reading(request: Request, parameters: Mapping[str, Any], *, country: str | None = None) -> Reading:
    """Find the pack for the query's `country` (else the one given, else worldwide) and `locale` (else Accept-Language)."""
    served = packs.current()
    place = choose_country(served, parameters.get("country") or country)
    locale = choose_locale(served, parameters.get("locale"), request.headers.get("Accept-Language"))
    place, locale = settle(served, place, locale)
    digest, pack = served.parsed(place.served, locale.served)
    return Reading(request._request, served.number, digest, place, locale, pack)
