"""A channel by its hours and the notices of its service: shut while they are closed, not known while the hours are others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from content.resolver.availability import channel_availability
from content.resolver.types import ALWAYS_OPEN, UNKNOWN, Availability

#: A Tuesday, twelve o'clock in London.
TUESDAY = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
WEEKDAYS = "Mo-Fr 09:00-17:00"


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 12, day, hour, 0, tzinfo=UTC)


def notice(kind: str, begins: datetime, ends: datetime, position: int | None = None) -> dict[str, Any]:
    return {"kind": kind, "from": begins.isoformat(), "until": ends.isoformat().replace("+00:00", "Z"), "position": position}


def ask(hours: str | None, *notices: dict[str, Any], roles: tuple[str, ...] = ("helpline",)) -> Availability:
    service = {"zone": "Europe/London", "country": "GB", "roles": list(roles), "notices": list(notices)}
    return channel_availability(service, {"position": 1, "hours": hours, "zone": None}, TUESDAY)


@pytest.mark.parametrize(
    ("hours", "ends", "opens_at"),
    [
        ("24/7", at(2, 20), at(2, 20)),
        # The end lies within the hours, in the night after them, or exactly where they end.
        (WEEKDAYS, at(2, 10), at(2, 10)),
        (WEEKDAYS, at(1, 23), at(2, 9)),
        (WEEKDAYS, at(1, 17), at(2, 9)),
        (None, at(2, 10), None),
        ("Mo-Fr 09:00-11:00", at(25, 8), None),
    ],
)
def test_closed_is_shut_and_opens_where_the_hours_say_so_after_its_end(
    hours: str | None, ends: datetime, opens_at: datetime | None
) -> None:
    """The last would open first on Christmas Day, of which its hours say nothing."""
    assert ask(hours, notice("closed", at(1, 8), ends)) == Availability(False, opens_at)


def test_notices_that_follow_on_each_other_are_shut_to_the_end_of_the_last() -> None:
    first, second = notice("channel-down", at(1, 8), at(2, 10), 1), notice("closed", at(2, 10), at(3, 10))

    assert ask("24/7", first, second) == Availability(False, at(3, 10))
    assert ask("24/7", second, first) == Availability(False, at(3, 10))


def test_only_the_channel_that_is_down_is_shut() -> None:
    assert ask("24/7", notice("channel-down", at(1, 8), at(2, 10), 1)) == Availability(False, at(2, 10))
    assert ask("24/7", notice("channel-down", at(1, 8), at(2, 10), 2)) == ALWAYS_OPEN


def test_other_hours_are_not_known_and_long_waits_change_nothing() -> None:
    assert ask("24/7", notice("hours-changed", at(1, 8), at(2, 10))) == UNKNOWN
    assert ask("24/7", notice("long-waits", at(1, 8), at(2, 10))) == ALWAYS_OPEN
    assert ask(WEEKDAYS, notice("hours-changed", at(1, 8), at(2, 10)), notice("closed", at(1, 8), at(1, 13))) == Availability(
        False
    )


def test_it_holds_from_its_first_instant_and_not_at_its_last() -> None:
    assert ask("24/7", notice("closed", TUESDAY, at(1, 13))).open is False
    assert ask("24/7", notice("closed", at(1, 8), TUESDAY)) == ALWAYS_OPEN


def test_what_is_open_closes_where_a_notice_of_the_next_day_begins() -> None:
    assert ask("24/7", notice("closed", at(1, 18), at(2, 10))) == Availability(True, at(1, 18))
    assert ask(WEEKDAYS, notice("closed", at(1, 15), at(2, 10))) == Availability(True, at(1, 15))
    assert ask(WEEKDAYS, notice("hours-changed", at(1, 15), at(2, 10))) == Availability(True, at(1, 15))
    assert ask("24/7", notice("closed", at(10, 18), at(12, 10))) == ALWAYS_OPEN


def test_an_opening_that_a_notice_takes_away_is_not_promised() -> None:
    early = "Mo-Fr 09:00-11:00"

    assert ask(early) == Availability(False, at(2, 9))
    assert ask(early, notice("closed", at(2, 8), at(3, 10))) == Availability(False, at(3, 10))
    assert ask(early, notice("hours-changed", at(2, 8), at(3, 10))) == Availability(False)


def test_an_emergency_number_answers_whatever_a_notice_says() -> None:
    assert ask("24/7", notice("closed", at(1, 8), at(2, 10)), roles=("emergency",)) == ALWAYS_OPEN


def test_a_pack_of_an_older_version_has_no_notices() -> None:
    service = {"zone": "Europe/London", "country": "GB", "roles": ["helpline"]}

    assert channel_availability(service, {"position": 1, "hours": "24/7", "zone": None}, TUESDAY) == ALWAYS_OPEN
