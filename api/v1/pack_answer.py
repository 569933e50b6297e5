"""The frame of every answer that is cut from one pack: which release, pack, country and locale it comes from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from api.http.negotiation import CountryChoice, LocaleChoice, choose_country, choose_locale, explicit_location, settle
from api.http.responses import NO_STORE, SHORT, Answer
from api.reads.request import Asked
from content.resolver.types import PackContent, PackedPhrase


@dataclass(frozen=True, slots=True)
class Reading:
    """The pack that answers, with the labels that the answer carries."""

    asked: Asked
    digest: str
    country: CountryChoice
    locale: LocaleChoice

    @property
    def pack(self) -> PackContent:
        """The parsed pack, not to be changed."""
        return self.asked.edition.packs.parsed(self.digest)

    def notice_labels(self) -> dict[str, dict[str, PackedPhrase]]:
        """Return the words for the notices of services, at the place that they have in a pack."""
        # Packs that were published by an older version have none.
        return {"notices": self.pack["labels"].get("notices", {})}

    def answer(self, make: Callable[[], Mapping[str, object]], *, cache: str = SHORT, until: float = math.inf) -> Answer:
        """Return the answer with the frame and what `make` returns, from memory where it was made before."""
        edition = self.asked.edition
        key = (edition.number, self.digest, self.asked.path, *sorted(self.asked.query.items()), self.country, self.locale, until)
        return edition.packs.answers.get(key, lambda: self.compose(make(), cache=cache, until=until))

    def compose(self, body: Mapping[str, object], *, cache: str, until: float = math.inf, elsewhere: bool = True) -> Answer:
        """Return the answer with the frame and the body; says in which locale, and that Accept-Language chose it where it did.

        Without `elsewhere` it has no address of its own.
        """
        frame = {
            "release": self.asked.edition.number,
            "pack": self.digest,
            "country": self.country.label(),
            "locale": self.locale.label(),
        }
        served = self.locale.served
        elsewhere = elsewhere and self.locale.requested != served
        return Answer(
            orjson.dumps({**frame, **body}),
            cache,
            language=served,
            location=explicit_location(self.asked.path, self.asked.query, locale=served) if elsewhere else None,
            vary=("Accept-Language",) if self.locale.from_header else (),
            until=until,
            coded=cache != NO_STORE,
        )


def reading(asked: Asked, *, country: str | None = None) -> Reading:
    """Find the pack for the query's `country` (else the one given, else worldwide) and `locale` (else Accept-Language)."""
    edition = asked.edition.released()
    place = choose_country(edition, asked.parameters.get("country") or country)
    locale = choose_locale(edition, asked.parameters.get("locale"), asked.languages)
    return settled(asked, place, locale)


def settled(asked: Asked, country: CountryChoice, locale: LocaleChoice) -> Reading:
    """Return the reading of the nearest pack that there is."""
    country, locale = settle(asked.edition, country, locale)
    return Reading(asked, asked.edition.places[country.served, locale.served], country, locale)
