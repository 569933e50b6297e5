"""The clocks of a country: zones that show the same time from now on count as one, and no others do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pycountry
import pytest

from notifications.registrations import clocks, values

COUNTRIES = sorted(country.alpha_2 for country in pycountry.countries)
#: Every fourth hour of three years.
INSTANTS = [datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=4 * number) for number in range(3 * 365 * 6)]


@pytest.mark.parametrize(
    ("country", "found"),
    [
        ("GB", ("Europe/London",)),
        ("DE", ("Europe/Berlin",)),
        ("NZ", ("Pacific/Auckland", "Pacific/Chatham", "")),
        ("AQ", None),
        # No table names a zone of this uninhabited island.
        ("BV", ("",)),
    ],
)
def test_a_country_has_its_clocks_and_an_unknown_one_beside_several(country: str, found: tuple[str, ...] | None) -> None:
    assert clocks.clocks_of(country) == (found or clocks.clocks_of(country))
    assert ("" in clocks.clocks_of(country)) == (len(clocks.clocks_of(country)) > 1 or country == "BV")


def test_the_united_states_have_few_clocks_under_their_best_known_names() -> None:
    assert set(clocks.clocks_of("US")) == {
        "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
        "America/Anchorage", "America/Adak", "Pacific/Honolulu", "",
    }  # fmt: skip
    assert clocks.clock_of("US", "America/Detroit") == "America/New_York"
    assert clocks.clock_of("US", "Europe/London") == ""
    assert clocks.clock_of("AR", "") == clocks.clock_of("AR", "America/Argentina/Ushuaia") == clocks.clocks_of("AR")[0]


def test_each_zone_shows_the_time_of_its_clock_for_years() -> None:
    wrong = [
        (zone, clock)
        for country in COUNTRIES
        for zone in values.zones_of(country)
        if (clock := clocks.clock_of(country, zone)) != zone
        and any(at.astimezone(ZoneInfo(zone)).utcoffset() != at.astimezone(ZoneInfo(clock)).utcoffset() for at in INSTANTS)
    ]

    assert wrong == []


def test_every_clock_is_a_zone_of_its_country() -> None:
    strangers = {
        (country, clock)
        for country in COUNTRIES
        for clock in clocks.clocks_of(country)
        if clock not in (*values.zones_of(country), "")
    }

    assert strangers == set()
    assert sum(len(clocks.clocks_of(country)) for country in COUNTRIES) < sum(len(values.zones_of(one)) + 1 for one in COUNTRIES)
