"""Which tips of the published release readers of a language get in another one, by country and audience."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from content.console.labels import inside_sentence, labels
from content.console.release_words import countries_text
from content.models import PackCoverage, Release
from content.models.release import ReleaseState
from content.terms import SOURCE_LOCALE, Audience
from core.console.display import country_text, language_text


@dataclass
class FallBack:
    """The readers who get one tip in the source language, because it is not approved in theirs."""

    countries: set[str] = field(default_factory=set)
    audiences: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """What these readers get, such as "English for 12 countries: teens, parents"."""
        audiences = [audience for audience in Audience.values if audience in self.audiences]
        where = countries_text(sorted(self.countries, key=country_text))
        return f"{language_text(SOURCE_LOCALE)} {where}: {inside_sentence(labels('audience', audiences))}"


@dataclass(frozen=True)
class ServedTips:
    """The tips of a language that fall back, by slug; `release` is None where none is published."""

    release: Release | None
    fallbacks: dict[str, FallBack]
    #: Whether all packs were counted; those compiled by an earlier version are counted with the next release.
    is_counted: bool = True
    #: The country whose readers alone are counted; "" for all.
    country: str = ""


def served_tips(locale: str, *, country: str = "") -> ServedTips:
    """Return which tips readers of the locale get in another language in the published release, in two queries.

    With a `country` only its readers count.
    """
    release = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
    if release is None:
        return ServedTips(None, {}, country=country)
    place = {"pack__release_packs__country": country} if country else {}
    rows = PackCoverage.objects.filter(pack__release_packs__release=release, pack__release_packs__locale=locale, **place)
    found: dict[str, FallBack] = defaultdict(FallBack)
    is_counted = True
    for where, audience, slugs in rows.values_list("pack__release_packs__country", "audience", "other_tips"):
        is_counted = is_counted and slugs is not None
        for slug in slugs or ():
            found[slug].countries.add(where)
            found[slug].audiences.add(audience)
    return ServedTips(release, dict(found), is_counted, country)


def fallback_counts() -> dict[str, int]:
    """Return how many tips of the published release readers of each locale get in another language, in one query."""
    rows = PackCoverage.objects.filter(pack__release_packs__release__state=ReleaseState.PUBLISHED).exclude(other_tips=None)
    slugs: dict[str, set[str]] = defaultdict(set)
    for locale, tips in rows.values_list("pack__release_packs__locale", "other_tips").distinct():
        slugs[locale].update(tips or ())
    return {locale: len(tips) for locale, tips in slugs.items()}
