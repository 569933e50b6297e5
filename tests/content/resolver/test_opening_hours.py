"""Opening hours are open, closed or unknown; nothing is guessed, above all not on public holidays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from content.resolver.opening_hours import hours_availability
from content.resolver.types import ALWAYS_OPEN, UNKNOWN, Availability
from tests.processor_time import least_seconds

CHRISTMAS = datetime(2026, 12, 25, 12, 0, tzinfo=UTC)  # a Friday
CHRISTMAS_EVE_LATE = datetime(2026, 12, 24, 23, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def availability(hours: str | None, at: datetime, *, zone: str | None = "Europe/London", country: str = "GB") -> Availability:
    return hours_availability(hours, zone=zone, country=country, at=at)


@pytest.mark.parametrize("hours", ["Mo-Fr 10:00-16:00", "Mo-Sa 08:00-20:00", "Mo,We,Fr 09:00-14:00; Tu,Th 15:00-20:00"])
def test_hours_by_weekday_are_unknown_on_public_holidays(hours: str) -> None:
    assert availability(hours, CHRISTMAS) == UNKNOWN


def test_daily_hours_apply_on_public_holidays_too() -> None:
    assert availability("Mo-Su 08:00-23:00", CHRISTMAS) == Availability(True, datetime(2026, 12, 25, 23, 0, tzinfo=UTC))
    assert availability("08:00-23:00", CHRISTMAS).open is True
    assert availability("24/7", CHRISTMAS) == ALWAYS_OPEN


def test_hours_with_a_holiday_rule_follow_it() -> None:
    assert availability("Mo-Fr 09:00-17:00; PH off", CHRISTMAS).open is False
    assert availability("Mo-Fr 08:00-20:00; Sa-Su,PH 09:00-17:00", CHRISTMAS) == Availability(
        True, datetime(2026, 12, 25, 17, 0, tzinfo=UTC)
    )


def test_an_opening_on_a_public_holiday_is_not_given() -> None:
    assert availability("Mo-Fr 10:00-16:00", CHRISTMAS_EVE_LATE) == Availability(False)
    assert availability("Mo-Fr 10:00-16:00; PH off", CHRISTMAS_EVE_LATE) == Availability(
        False, datetime(2026, 12, 29, 10, 0, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "hours", ['Mo-Su 09:00-17:00 "by appointment"', '"by appointment"', 'Mo-Fr 09:00-17:00 "a"; Sa 09:00-12:00']
)
def test_hours_with_a_comment_are_unknown(hours: str) -> None:
    assert availability(hours, TUESDAY) == UNKNOWN


def test_an_opening_that_is_only_possible_is_not_given() -> None:
    hours = "09:00-12:00 unknown, 12:00-17:00"

    assert availability(hours, TUESDAY.replace(hour=8)) == Availability(False)
    assert availability(hours, TUESDAY.replace(hour=10)) == UNKNOWN
    assert availability(hours, TUESDAY) == Availability(True, TUESDAY.replace(hour=17))


def test_hours_that_never_change_are_read_quickly() -> None:
    def read() -> None:
        assert availability("Mo-Su 00:00-24:00", TUESDAY) == ALWAYS_OPEN
        assert availability("2030 Dec 24 10:00-12:00", TUESDAY) == Availability(False)

    # Once: an answer may be kept.
    assert least_seconds(read, times=1) < 0.5


@pytest.mark.parametrize(("zone", "country"), [("Africa/Abidjan", "CI"), ("Asia/Kolkata", "IN")])
def test_without_a_holiday_table_hours_by_weekday_are_unknown(zone: str, country: str) -> None:
    assert availability("Mo-Fr 09:00-20:00", TUESDAY, zone=zone, country=country) == UNKNOWN
    assert availability("Mo-Su 09:00-20:00; PH off", TUESDAY, zone=zone, country=country) == UNKNOWN
    assert availability("Mo-Su 00:00-24:00", TUESDAY, zone=zone, country=country).open is True


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("Mo-Fr 19:00-22:00", False),
        ("Mo-Su 19:00-22:00; PH off", False),
        # It may be a Saturday's hours that hold on a public holiday.
        ("Mo-Fr 19:00-22:00; Sa 09:00-18:00", None),
        ("Mo-Fr 19:00-22:00; PH 09:00-18:00", None),
        ("Mo-Fr 22:00-18:00", None),
    ],
)
def test_outside_every_possible_opening_a_line_is_closed_holiday_or_not(hours: str, expected: bool | None) -> None:
    # It is 17:30 in Kolkata, and there is no table of India's holidays.
    assert availability(hours, TUESDAY, zone="Asia/Kolkata", country="IN") == Availability(expected)


def test_a_public_holiday_makes_only_the_hours_of_opening_unknown() -> None:
    christmas = datetime(2026, 12, 25, tzinfo=UTC)

    assert availability("Mo-Fr 09:00-17:00", christmas.replace(hour=3)) == Availability(False)
    assert availability("Mo-Fr 09:00-17:00", christmas.replace(hour=12)) == UNKNOWN


@pytest.mark.parametrize("year", [1970, 1999, 2077, 2150])
def test_outside_the_holiday_tables_hours_by_weekday_are_unknown(year: int) -> None:
    assert availability("Mo-Fr 09:00-17:00", datetime(year, 6, 1, 12, 0, tzinfo=UTC)) == UNKNOWN


def test_a_public_holiday_is_a_day_in_the_zone_of_the_service() -> None:
    # Boxing Day is over in Auckland and Saturday has begun there, while it is still Christmas in London.
    at = datetime(2026, 12, 25, 3, 0, tzinfo=UTC)
    hours = "Mo-Fr 08:00-20:00; Sa-Su,PH 09:00-17:00"

    assert availability(hours, at, zone="Pacific/Auckland", country="NZ") == Availability(
        True, datetime(2026, 12, 25, 4, 0, tzinfo=UTC)
    )


def test_hours_across_a_clock_change_end_by_the_local_clock() -> None:
    # Clocks in London go back at 01:00 UTC on 25 October 2026.
    before = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)

    assert availability("Mo-Su 20:00-04:00", before) == Availability(True, datetime(2026, 10, 25, 4, 0, tzinfo=UTC))
