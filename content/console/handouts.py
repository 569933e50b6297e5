"""Handouts: the addresses of the pages to print, by country and language of the published release."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from content.models import Release
from content.models.release import ReleaseState
from content.terms import WORLDWIDE, Handout
from core.console.display import country_text, language_text
from core.console.pages import Page, page

#: What staff call each handout.
NAMES = {
    Handout.FOR_HOME: "For families",
    Handout.FOR_SCHOOL: "For school staff",
    Handout.FOR_A_WALL: "For a wall, for young people",
}


@page("handouts/", "handouts", order=55)
class HandoutsPage(Page):
    """The handouts of one country, in each language of its packs."""

    template_name = "content/handouts.html"
    title = "Handouts"
    menu = "Handouts"
    menu_permissions = ("content.edit_words", "content.approve_words", "content.publish_release")
    actions = {}

    def context(self) -> dict[str, Any]:
        release = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
        places = list(release.pack_digests()) if release is not None else []
        countries = sorted({country for country, _ in places}, key=lambda code: (code == WORLDWIDE, country_text(code)))
        requested = self.request.GET.get("country", "")
        country = requested if requested in countries else next(iter(countries), "")
        return {
            "release": release,
            "country": country,
            "countries": countries,
            "names": list(NAMES.values()),
            "rows": [
                (language_text(locale), [_addresses(country, locale, slug) for slug in NAMES])
                for place, locale in places
                if place == country
            ],
        }


def handout_names(slugs: Iterable[str]) -> list[str]:
    """Return what staff call these handouts."""
    return [NAMES[Handout(slug)] for slug in slugs]


def _addresses(country: str, locale: str, slug: Handout) -> dict[str, str]:
    """Return the addresses of a handout's page and PDF file as readers have them."""
    place = [country, locale, slug.value]
    return {
        "name": NAMES[slug],
        "page": settings.PUBLIC_URL + reverse("handout", args=place),
        "pdf": settings.PUBLIC_URL + reverse("handout-pdf", args=place),
    }
