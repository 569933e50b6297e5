"""Due instants: exact, local, and outside quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.campaigns import schedule
from notifications.models import Campaign
from tests.examples import examples

ZONES = sorted(available_timezones() - {"localtime", "Factory"})


def planned(**fields: object) -> Campaign:
    """Return an unsaved campaign with these times."""
    defaults: dict[str, object] = {
        "schedule_kind": "now",
        "schedule_at": "",
        "home_zone": "Europe/London",
        "not_after": datetime(2027, 3, 1, tzinfo=UTC),
        "quiet_override": "",
    }
    return Campaign(**(defaults | fields))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "due"),
    [
        ("2027-01-12T12:00:05", "Europe/London", "2027-01-12T12:00:05"),
        ("2027-01-12T20:59:59", "Europe/London", "2027-01-12T20:59:59"),
        ("2027-01-12T21:00:00", "Europe/London", "2027-01-13T08:02:00"),
        ("2027-01-13T07:59:59", "Europe/London", "2027-01-13T08:02:00"),
        ("2027-01-13T08:00:00", "Europe/London", "2027-01-13T08:00:00"),
        ("2027-01-12T12:00:00", "Pacific/Auckland", "2027-01-12T19:02:00"),
        # 08:00 there is 02:15 UTC, which is a busy minute.
        ("2027-01-12T20:00:00", "Asia/Kathmandu", "2027-01-13T02:16:00"),
        # An unknown zone counts as the home zone, never as daytime.
        ("2027-01-12T22:00:00", "", "2027-01-13T08:02:00"),
        ("2027-01-12T22:00:00", "No/Such", "2027-01-13T08:02:00"),
    ],
)
def test_now_is_at_once_by_day_and_after_quiet_hours_by_night(at: str, zone: str, due: str) -> None:
    assert schedule.due_at(planned(), zone, at=utc(at)) == utc(due)


def test_a_campaign_with_a_reason_overrides_quiet_hours() -> None:
    night = utc("2027-01-12T23:00:00")

    assert schedule.due_at(planned(quiet_override="A child is missing."), "Europe/London", at=night) == night


def test_a_zone_that_wakes_after_the_campaigns_end_is_skipped() -> None:
    night = utc("2027-01-12T23:00:00")

    assert schedule.due_at(planned(not_after=utc("2027-01-13T08:02:00")), "Europe/London", at=night) is None
    assert schedule.due_at(planned(not_after=utc("2027-01-13T08:02:01")), "Europe/London", at=night) is not None


def test_an_exact_second_is_kept_and_a_minute_moves_off_the_busy_ones() -> None:
    at = utc("2027-01-01T00:00:00")

    exact = planned(schedule_kind="at", schedule_at="2027-01-12T12:00:00Z")
    second = planned(schedule_kind="local", schedule_at="2027-01-12T17:00:00")
    minute = planned(schedule_kind="local", schedule_at="2027-01-12T17:00")
    quarter = planned(schedule_kind="local", schedule_at="2027-01-12T17:15")

    assert schedule.due_at(exact, "Europe/London", at=at) == utc("2027-01-12T12:00:00")
    assert schedule.due_at(second, "Europe/London", at=at) == utc("2027-01-12T17:00:00")
    assert schedule.due_at(minute, "Europe/London", at=at) == utc("2027-01-12T17:02:00")
    assert schedule.due_at(quarter, "Europe/Paris", at=at) == utc("2027-01-12T16:16:00")


def test_a_campaign_that_should_have_begun_begins_now() -> None:
    late = planned(schedule_kind="at", schedule_at="2027-01-12T12:00:00Z")

    assert schedule.due_at(late, "Europe/London", at=utc("2027-01-12T14:00:00")) == utc("2027-01-12T14:00:00")


def test_a_local_time_in_a_gap_or_a_fold_comes_once() -> None:
    gap = planned(
        schedule_kind="local", schedule_at="2027-03-28T01:30:00", quiet_override="x", not_after=utc("2028-01-01T00:00:00")
    )
    fold = planned(
        schedule_kind="local", schedule_at="2027-10-31T01:30:00", quiet_override="x", not_after=utc("2028-01-01T00:00:00")
    )

    # London jumps from 01:00 to 02:00: half an hour inside the gap is half an hour after it.
    assert schedule.due_at(gap, "Europe/London", at=utc("2027-01-01T00:00:00")) == utc("2027-03-28T01:30:00")
    assert schedule.due_at(fold, "Europe/London", at=utc("2027-01-01T00:00:00")) == utc("2027-10-31T00:30:00")


@settings(max_examples=examples(300))
@given(st.sampled_from(ZONES), st.datetimes(datetime(2026, 1, 1), datetime(2037, 1, 1)))
def test_nobody_is_ever_due_in_their_night_or_more_than_a_night_late(zone: str, naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC, microsecond=0)

    due = schedule.due_at(planned(not_after=at + timedelta(days=28)), zone, at=at)

    assert due is not None
    assert schedule.QUIET_UNTIL <= due.astimezone(ZoneInfo(zone)).time() < schedule.QUIET_FROM
    assert at <= due <= at + timedelta(hours=12, minutes=5)
