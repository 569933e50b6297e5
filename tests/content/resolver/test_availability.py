"""The availability of a channel by its hours and the notices of its service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from content.resolver.availability import channel_availability
from content.resolver.types import ALWAYS_OPEN, UNKNOWN, Availability

#: A Tuesday at noon in London.
TUESDAY = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
WEEKDAYS = "Mo-Fr 09:00-17:00"


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 12, day, hour, 0, tzinfo=UTC)


def notice(kind: str, begins: datetime, ends: datetime, position: int | None = None) -> dict[str, Any]:
    return {"kind": kind, "from": begins.isoformat(), "until": ends.isoformat().replace("+00:00", "Z"), "position": position}


def channel(hours: str | None) -> Any:
    return {"position": 1, "hours": hours, "zone": None}


def availability(hours: str | None, *notices: dict[str, Any], roles: tuple[str, ...] = ("helpline",)) -> Availability:
    service: Any = {"zone": "Europe/London", "country": "GB", "roles": list(roles), "notices": list(notices)}
    return channel_availability(service, channel(hours), TUESDAY)


@pytest.mark.parametrize(
    ("hours", "ends", "opens_at"),
    [
        ("24/7", at(2, 20), at(2, 20)),
        # The notice ends within the hours, in the night after them, or exactly when they end.
        (WEEKDAYS, at(2, 10), at(2, 10)),
        (WEEKDAYS, at(1, 23), at(2, 9)),
        (WEEKDAYS, at(1, 17), at(2, 9)),
        (None, at(2, 10), None),
        ("Mo-Fr 09:00-11:00", at(25, 8), None),
    ],
)
def test_a_closed_service_opens_at_the_first_hours_after_the_notice(
    hours: str | None, ends: datetime, opens_at: datetime | None
) -> None:
    """The last would open first on Christmas Day, of which its hours say nothing."""
    assert availability(hours, notice("closed", at(1, 8), ends)) == Availability(False, opens_at)


def test_successive_notices_close_until_the_end_of_the_last() -> None:
    first, second = notice("channel-down", at(1, 8), at(2, 10), 1), notice("closed", at(2, 10), at(3, 10))

    assert availability("24/7", first, second) == Availability(False, at(3, 10))
    assert availability("24/7", second, first) == Availability(False, at(3, 10))


def test_only_the_channel_that_is_down_is_closed() -> None:
    assert availability("24/7", notice("channel-down", at(1, 8), at(2, 10), 1)) == Availability(False, at(2, 10))
    assert availability("24/7", notice("channel-down", at(1, 8), at(2, 10), 2)) == ALWAYS_OPEN


def test_changed_hours_are_unknown_and_long_waits_change_nothing() -> None:
    assert availability("24/7", notice("hours-changed", at(1, 8), at(2, 10))) == UNKNOWN
    assert availability("24/7", notice("long-waits", at(1, 8), at(2, 10))) == ALWAYS_OPEN
    assert availability(
        WEEKDAYS, notice("hours-changed", at(1, 8), at(2, 10)), notice("closed", at(1, 8), at(1, 13))
    ) == Availability(False)


def test_a_notice_applies_from_its_first_instant_until_before_its_last() -> None:
    assert availability("24/7", notice("closed", TUESDAY, at(1, 13))).open is False
    assert availability("24/7", notice("closed", at(1, 8), TUESDAY)) == ALWAYS_OPEN


def test_an_open_channel_closes_when_a_notice_begins_within_a_day() -> None:
    assert availability("24/7", notice("closed", at(1, 18), at(2, 10))) == Availability(True, at(1, 18))
    assert availability(WEEKDAYS, notice("closed", at(1, 15), at(2, 10))) == Availability(True, at(1, 15))
    assert availability(WEEKDAYS, notice("hours-changed", at(1, 15), at(2, 10))) == Availability(True, at(1, 15))
    assert availability("24/7", notice("closed", at(10, 18), at(12, 10))) == ALWAYS_OPEN


def test_an_opening_during_a_notice_is_not_given() -> None:
    early = "Mo-Fr 09:00-11:00"

    assert availability(early) == Availability(False, at(2, 9))
    assert availability(early, notice("closed", at(2, 8), at(3, 10))) == Availability(False, at(3, 10))
    assert availability(early, notice("hours-changed", at(2, 8), at(3, 10))) == Availability(False)


def test_an_emergency_number_ignores_notices() -> None:
    assert availability("24/7", notice("closed", at(1, 8), at(2, 10)), roles=("emergency",)) == ALWAYS_OPEN


def test_a_service_of_an_older_pack_has_no_notices() -> None:
    service: Any = {"zone": "Europe/London", "country": "GB", "roles": ["helpline"]}

    assert channel_availability(service, channel("24/7"), TUESDAY) == ALWAYS_OPEN
