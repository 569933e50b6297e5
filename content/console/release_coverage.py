"""In which language readers get the tips of a release, after fallback, by country, language and audience."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from content.console.release_words import countries_text
from content.console.releases import find_release
from content.models import PackCoverage, Release
from content.terms import Audience
from core.console.display import country_text, language_text
from core.console.pages import Link, Page, page


@dataclass(frozen=True)
class CoverageRow:
    """The tips of one language, which are the same in number in all of the countries."""

    locale: str
    language: str
    where: str
    countries: str
    #: How many countries these are.
    n: int
    own: int
    variant: int
    other: int
    #: Tips that readers of another language in the same country get.
    missing: int
    #: Per cent of all tips of the country, in the reader's own language or a variant of it.
    share: int


@page("releases/<int:number>/coverage/", "release-coverage")
class ReleaseCoveragePage(Page):
    """The coverage for one audience: a row for each language, and for each group of countries where it is the same."""

    template_name = "content/release_coverage.html"
    menu = "Releases"

    def load(self) -> None:
        self.release = find_release(self.kwargs["number"])

    def heading(self) -> str:
        return f"Languages of release {self.release.number}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [
            Link("Releases", reverse("admin:releases")),
            Link(f"Release {self.release.number}", reverse("admin:release", args=[self.release.number])),
        ]

    def context(self) -> dict[str, Any]:
        audience = self.request.GET.get("audience", "")
        if audience not in Audience.values:
            audience = Audience.TEEN.value
        return {
            "release": self.release,
            "audience": audience,
            "audiences": Audience.values,
            "rows": list(coverage_rows(self.release, audience)),
        }


def coverage_rows(release: Release, audience: str) -> Iterator[CoverageRow]:
    """Yield the coverage of each language, worst first within a language; in two queries."""
    places = list(release.release_packs.order_by().values_list("country_id", "locale_id", "pack_id"))
    counted = PackCoverage.objects.filter(pack__release_packs__release=release, audience=audience)
    counts = {pack: (own, variant, other) for pack, own, variant, other in counted.values_list("pack", "own", "variant", "other")}
    most: dict[str, int] = defaultdict(int)
    for country, _, pack in places:
        most[country] = max(most[country], sum(counts.get(pack, (0, 0, 0))))
    packs = {(country, locale): pack for country, locale, pack in places}
    same: dict[tuple[str, int, int, int, int], list[str]] = defaultdict(list)
    for locale in sorted({locale for _, locale in packs}):
        for country in sorted(most):
            own, variant, other = counts.get(packs.get((country, locale), ""), (0, 0, 0))
            same[locale, own, variant, other, most[country] - own - variant - other].append(country)
    rows = sorted(same.items(), key=lambda row: (language_text(row[0][0]), -row[0][4], -row[0][3], row[1]))
    for (locale, own, variant, other, missing), countries in rows:
        total = own + variant + other + missing
        yield CoverageRow(
            locale,
            language_text(locale),
            countries_text(countries),
            ", ".join(map(country_text, countries)),
            len(countries),
            own,
            variant,
            other,
            missing,
            share=100 * (own + variant) // total if total else 100,
        )
