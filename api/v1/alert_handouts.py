"""The handouts that an alert leads to: their pages and files by country and situation, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from api.reads.edition import Edition
from api.v1.alert_names import country_name
from content.compiling.fallback import match_accept_language
from content.exporting.handouts import NoSuchHandout, find_kind, for_situation, labels_of
from content.terms import HANDOUT_SITUATIONS, SOURCE_LOCALE, WORLDWIDE, Situation
from notifications.feed import FeedAlert

#: Countries whose handouts one alert names; beyond, the worldwide ones stand for all.
_MAX_COUNTRIES = 5


@dataclass(frozen=True, slots=True)
class AlertHandout:
    """One page to print; `lang` is the language of its title, and `about_lang` that of `about`."""

    slug: str
    country: str
    locale: str
    lang: str
    title: str
    #: The situation that the page is for, in words; "" for the usual page.
    about: str
    about_lang: str
    #: Name of the country; "" where the alert is for one alone, or for every one.
    place: str
    page: str
    pdf: str

    @property
    def name(self) -> str:
        """The title with what it is about."""
        return f"{self.title}: {self.about}" if self.about else self.title


def handouts_of(edition: Edition, alert: FeedAlert) -> Iterator[AlertHandout]:
    """Yield the alert's handouts for each of its countries and situations, in the first of these languages that has them.

    The languages are the one that the reader asks for, even where the alert has no text in it, that of the alert, and English.
    """
    if not alert["handouts"]:
        return
    named = alert["countries"] or []
    countries = named if 0 < len(named) <= _MAX_COUNTRIES else [WORLDWIDE]
    for country in countries:
        locale = _locale(edition, alert, country)
        if locale is None:
            continue
        pack = edition.packs.parsed(edition.pack_digests[country, locale])
        try:
            labels = labels_of(pack)
        except NoSuchHandout:
            continue
        for slug in alert["handouts"]:
            for situation in alert["handout_situations"] or HANDOUT_SITUATIONS[:1]:
                address = for_situation(find_kind(slug), Situation(situation)).address
                about = pack["labels"]["situations"].get(situation) if alert["handout_situations"] else None
                place = [country, locale, address]
                yield AlertHandout(
                    slug=address,
                    country=country,
                    locale=locale,
                    lang=labels[slug]["lang"],
                    title=labels[slug]["text"],
                    about=about["text"] if about else "",
                    about_lang=about["lang"] if about else "",
                    place=country_name(country, alert["lang"], edition) if len(countries) > 1 else "",
                    page=settings.PUBLIC_URL + reverse("handout", args=place),
                    pdf=settings.PUBLIC_URL + reverse("handout-pdf", args=place),
                )


def _locale(edition: Edition, alert: FeedAlert, country: str) -> str | None:
    available = sorted(tag for place, tag in edition.pack_digests if place == country)
    requested = alert["locale"]["requested"]
    wished = match_accept_language(requested, available) if requested else None
    return next((tag for tag in (wished, alert["lang"], SOURCE_LOCALE) if tag in available), None)
