"""The pack that answers a request, and the members that all responses taken from one pack have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from api.http.negotiation import CountryChoice, LocaleChoice, choose_country, choose_locale, explicit_location, nearest_pack
from api.http.responses import SHORT, ReadResponse
from api.reads.request import ReadRequest
from content.resolver.types import PackContent, PackedPhrase


@dataclass(frozen=True, slots=True)
class ResolvedPack:
    """The pack that answers a request, with the choice of country and locale that led to it."""

    request: ReadRequest
    digest: str
    country: CountryChoice
    locale: LocaleChoice

    @property
    def pack(self) -> PackContent:
        """The parsed pack; callers must not change it."""
        return self.request.edition.packs.parsed(self.digest)

    def service_labels(self) -> dict[str, dict[str, PackedPhrase]]:
        """Return the labels that are shown with services, under the same keys as in a pack."""
        labels = self.pack["labels"]
        # Packs of older versions have none.
        return {"notices": labels.get("notices", {}), "contact": labels.get("contact", {})}

    def respond(self, make: Callable[[], Mapping[str, object]], *, cache: str = SHORT, until: float = math.inf) -> ReadResponse:
        """Return the response with the members that `make` returns, from memory if it was made before."""
        request = self.request
        key = (
            *(request.edition.number, self.digest, request.path, *sorted(request.query.items())),
            *(self.country, self.locale, until),
        )
        return request.edition.packs.responses.get(key, lambda: self.compose(make(), cache=cache, until=until))

    def compose(
        self, members: Mapping[str, object], *, cache: str, until: float = math.inf, has_location: bool = True
    ) -> ReadResponse:
        """Return the response with these members beside release, pack, country and locale.

        `has_location` says whether the response can be fetched from a URL of its own, which Content-Location then names.
        """
        common = {
            "release": self.request.edition.number,
            "pack": self.digest,
            "country": self.country.label(),
            "locale": self.locale.label(),
        }
        served = self.locale.served
        location = None
        if has_location and self.locale.requested != served:
            location = explicit_location(self.request.path, self.request.query, locale=served)
        return ReadResponse(
            orjson.dumps({**common, **members}),
            cache,
            language=served,
            location=location,
            vary=("Accept-Language",) if self.locale.from_header else (),
            until=until,
        )


def resolve_pack(request: ReadRequest, *, country: str | None = None) -> ResolvedPack:
    """Find the pack for the query's `country` (or the one given, or worldwide) and `locale` (or Accept-Language)."""
    edition = request.edition.require_release()
    choice = choose_country(edition, request.parameters.get("country") or country)
    locale = choose_locale(edition, request.parameters.get("locale"), request.accept_language)
    return pack_for(request, choice, locale)


def pack_for(request: ReadRequest, country: CountryChoice, locale: LocaleChoice) -> ResolvedPack:
    """Return the nearest pack to the chosen country and locale."""
    country, locale = nearest_pack(request.edition, country, locale)
    return ResolvedPack(request, request.edition.pack_digests[country.served, locale.served], country, locale)
