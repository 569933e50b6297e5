"""The closed list of topics: which ones there are follows from facts that people have approved, before any app asks.

A request is answered with the nearest topic of the list and stores nothing, so that nobody outside can make an alert cost more
requests to FCM. `docs/adr/0060-closed-list-of-topics.md` has the arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import pycountry
from babel.languages import get_territory_language_info
from django.db import connection

from content.compiling import fallback
from content.models import ReleasePack, Service
from content.models.release import NoRelease, ReleaseState
from content.terms import WORLDWIDE, Recipient
from notifications.models.app import App, PushMode
from notifications.registrations import clocks, values

#: The locale of installations whose language has no text.
NO_LOCALE = "und"
#: Share of a country's people, in per cent, from which a language without official status counts as one of the country.
_WIDELY_SPOKEN = 5.0
# The column is called as it was before there was a list, so that code of before can run beside this. A row that is in the list
# already and was noted today is not locked. All writers take the rows in one order, so that none waits for another in a circle.
_WRITE = """
    INSERT INTO notifications_segment AS s (app_id, country, region, locale, audience, zone, platform, requested_on)
    SELECT listed.*, '', %(on)s
    FROM unnest(%(app)s::text[], %(country)s::text[], %(region)s::text[], %(locale)s::text[], %(audience)s::text[],
                %(zone)s::text[]) AS listed (app_id, country, region, locale, audience, zone)
    WHERE NOT EXISTS (
        SELECT 1 FROM notifications_segment t
        WHERE (t.app_id, t.country, t.region, t.locale, t.audience, t.zone, t.platform)
            = (listed.app_id, listed.country, listed.region, listed.locale, listed.audience, listed.zone, '')
            AND t.requested_on >= %(on)s)
    ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (app_id, country, region, locale, audience, zone, platform)
    DO UPDATE SET requested_on = EXCLUDED.requested_on WHERE s.requested_on < EXCLUDED.requested_on
"""


class TopicValues(NamedTuple):
    """What a topic's name says besides the app; "" for a region or zone that is not known."""

    country: str
    region: str
    locale: str
    audience: str
    zone: str


@dataclass(frozen=True)
class TopicFacts:
    """What the list follows from. The published release says the countries and locales, approved services the regions."""

    #: Countries with a pack of their own.
    countries: frozenset[str]
    #: Every locale that some country has a pack in, sorted.
    locales: tuple[str, ...]
    #: ISO 3166-2 codes that alerts tell apart: those of services that help in a part of a country, and the nations of the UK.
    regions: frozenset[str]


def facts() -> TopicFacts:
    """Read the facts; raises NoRelease before the first publication."""
    packs = ReleasePack.objects.filter(release__state=ReleaseState.PUBLISHED).order_by()
    countries = frozenset(packs.values_list("country", flat=True).distinct()) - {WORLDWIDE}
    locales = tuple(sorted(packs.values_list("locale", flat=True).distinct()))
    if not locales:
        raise NoRelease()
    served = Service.objects.active().exclude(regions=[]).values_list("regions", flat=True)
    return TopicFacts(countries, locales, frozenset(values.NATIONS).union(*served))


def nearest(
    known: TopicFacts, *, country: str, region: str | None, locale: str, audience: str, time_zone: str | None
) -> TopicValues:
    """Return the topic of the list for an installation with these values.

    A region that no alert tells apart is left out, a language without a text of its own gets that of its nearest variant or
    none, and a zone the one of the country that shows the same time. Raises InvalidValue for a value that does not exist.
    """
    country = values.country(country)
    part = values.region(country, region)
    return TopicValues(
        country=country,
        region=part if part in known.regions else "",
        locale=fallback.match_accept_language(values.locale(locale), locales_in(known, country)) or NO_LOCALE,
        audience=audience,
        zone=clocks.clock_of(country, values.time_zone(country, time_zone)),
    )


def listed(known: TopicFacts, country: str) -> Iterator[TopicValues]:
    """Yield every topic of one country."""
    regions = ["", *sorted(region for region in known.regions if region.startswith(f"{country}-"))]
    locales = [*locales_in(known, country), NO_LOCALE]
    zones = clocks.clocks_of(country)
    for region, locale, audience, zone in product(regions, locales, Recipient.values, zones):
        yield TopicValues(country, region, locale, str(audience), zone)


def locales_in(known: TopicFacts, country: str) -> tuple[str, ...]:
    """Return the locales that the topics of a country tell apart.

    These are all of the release where the country has a pack of its own. Elsewhere they are those in the country's own
    languages: 27 locales in each of 210 countries that nobody has prepared would be more topics than all others together.
    """
    return known.locales if country in known.countries else _own_locales(country, known.locales)


@lru_cache(maxsize=1024)
def _own_locales(country: str, locales: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the locales that are in a language of the country, official or widely spoken there (CLDR)."""
    found = set()
    for code, language in get_territory_language_info(country).items():
        tag = code.replace("_", "-")
        if not language["official_status"] and float(language["population_percent"] or 0) < _WIDELY_SPOKEN:
            continue
        # The same language first: the distance to each of the others would take the time of a hundred requests.
        near = [locale for locale in locales if locale.partition("-")[0] == tag.partition("-")[0]]
        found.add(fallback.match_accept_language(f"{tag}-{country}", near))
    return tuple(sorted(locale for locale in found if locale is not None))


def basis(*, at: datetime) -> tuple[object, ...]:
    """Return what `write` follows from: while it is equal, there is nothing to write."""
    try:
        known = facts()
    except NoRelease:
        known = None
    modes = [(app.name, app.push_mode, tuple(sorted(app.mode_by_country.items()))) for app in App.objects.order_by("name")]
    return at.date(), known, tuple(modes)


def write(*, at: datetime) -> int:
    """Write a row for each topic of the list, and note on all of them that they are listed today; return how many were written.

    Running it again on the same day writes nothing. Topics that have left the list stay for as long as phones may follow them.
    """
    try:
        known = facts()
    except NoRelease:
        return 0
    rows = list(_rows(known, list(App.objects.order_by("name"))))
    if not rows:
        return 0
    columns = ("app", "country", "region", "locale", "audience", "zone")
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {"on": at.date(), **{name: list(column) for name, column in zip(columns, zip(*rows, strict=True), strict=True)}},
        )
        return int(cursor.rowcount)


def _rows(known: TopicFacts, apps: list[App]) -> Iterator[tuple[str, ...]]:
    for country in sorted(one.alpha_2 for one in pycountry.countries):
        modes = [app.name for app in apps if app.mode_in(country) == PushMode.TOPICS]
        if modes:
            for topic in listed(known, country):
                yield from ((name, *topic) for name in modes)
