"""The handouts that an alert leads to: their pages and files by country, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from api.reads.edition import Edition
from content.exporting.handouts import NoSuchHandout, labels_of
from content.terms import SOURCE_LOCALE, WORLDWIDE
from notifications.feed import FeedAlert

#: Countries whose handouts one alert names; beyond, the worldwide ones stand for all.
_MAX_COUNTRIES = 5


@dataclass(frozen=True, slots=True)
class AlertHandout:
    """One page to print; `lang` is the language of its title."""

    lang: str
    title: str
    #: Name of the country; "" where the alert is for one alone, or for every one.
    country: str
    page: str
    pdf: str


def handouts_of(edition: Edition, alert: FeedAlert) -> Iterator[AlertHandout]:
    """Yield the alert's handouts for each of its countries, in the alert's language or in English."""
    named = alert["countries"] or []
    countries = named if 0 < len(named) <= _MAX_COUNTRIES else [WORLDWIDE]
    for country in countries:
        locales = (alert["lang"], SOURCE_LOCALE)
        locale = next((tag for tag in locales if (country, tag) in edition.pack_digests), None)
        if locale is None:
            continue
        try:
            labels = labels_of(edition.packs.parsed(edition.pack_digests[country, locale]))
        except NoSuchHandout:
            continue
        for slug in alert["handouts"]:
            place = [country, locale, slug]
            yield AlertHandout(
                lang=labels[slug]["lang"],
                title=labels[slug]["text"],
                country=edition.country_names.get(country, country) if len(countries) > 1 else "",
                page=settings.PUBLIC_URL + reverse("handout", args=place),
                pdf=settings.PUBLIC_URL + reverse("handout-pdf", args=place),
            )
