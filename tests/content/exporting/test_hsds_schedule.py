"""Opening hours as HSDS schedules: a plain week becomes rows, and other hours have only their description."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from content.exporting.hsds_schedule import _DAYS, schedule_fields, steady_offset, weekly
from content.importing.facts import FACTS_DIR
from tests.examples import examples

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR")
ALL = (*WEEKDAYS, "SA", "SU")


def minutes(text: str) -> tuple[int, int]:
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return start, end


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("24/7", {"00:00-24:00": ALL}),
        ("Mo-Fr 09:00-17:00", {"09:00-17:00": WEEKDAYS}),
        ("09:00-17:00", {"09:00-17:00": ALL}),
        ("Mo-Fr 11:00-13:00,14:00-18:00", {"11:00-13:00": WEEKDAYS, "14:00-18:00": WEEKDAYS}),
        ("Mo,We 09:00-14:00; Tu 15:00-20:00", {"09:00-14:00": ("MO", "WE"), "15:00-20:00": ("TU",)}),
        ("Sa-Mo 10:00-12:00", {"10:00-12:00": ("MO", "SA", "SU")}),
        # A later rule replaces an earlier one.
        ("Mo-Fr 09:00-17:00; We 10:00-12:00", {"09:00-17:00": ("MO", "TU", "TH", "FR"), "10:00-12:00": ("WE",)}),
        ("Mo-Su 09:00-17:00; Su off", {"09:00-17:00": (*WEEKDAYS, "SA")}),
        # Rules for holidays are ignored; the days in the same rule are not.
        ("Mo-Fr 08:00-20:00; Sa-Su,PH 09:00-17:00", {"08:00-20:00": WEEKDAYS, "09:00-17:00": ("SA", "SU")}),
        ("Mo-Fr 08:00-20:00; PH off", {"08:00-20:00": WEEKDAYS}),
        # A span past midnight is split: the rest belongs to the next day.
        ("Fr 20:00-02:00", {"20:00-24:00": ("FR",), "00:00-02:00": ("SA",)}),
        ("Su 22:00-26:00", {"00:00-02:00": ("MO",), "22:00-24:00": ("SU",)}),
        ("Mo-Su 08:00-24:00", {"08:00-24:00": ALL}),
    ],
)
def test_a_plain_week_becomes_spans_with_days(hours: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert weekly(hours) == {minutes(span): days for span, days in expected.items()}


@pytest.mark.parametrize(
    "hours",
    [
        "Jan-Mar Mo 09:00-17:00",
        "sunrise-sunset",
        "Mo 09:00+",
        "week 1-10 Mo 09:00-10:00",
        "Mo[1] 09:00-10:00",
        "Xx 1",
        "Mo 20:00-02:00; Tu 10:00-12:00",
        "",
    ],
)
def test_hours_that_a_week_cannot_express_have_no_rows(hours: str) -> None:
    assert weekly(hours) is None
    assert list(schedule_fields(hours, None)) == [{"description": hours}]


def test_all_hours_of_the_packaged_facts_become_rows_in_order() -> None:
    facts = json.loads((FACTS_DIR / "reporting_tools.json").read_text())
    found = set(re.findall(r'"hours": "([^"]+)"', json.dumps(facts)))

    assert len(found) > 5
    for hours in found:
        for row in schedule_fields(hours, "Europe/Paris"):
            assert row["freq"] == "WEEKLY", hours
            assert row["description"] == hours
            assert str(row["opens_at"]) < str(row["closes_at"])


def test_an_offset_is_given_only_where_it_is_right_all_year() -> None:
    (india,) = schedule_fields("Mo 09:00-24:00", "Asia/Kolkata")
    (britain,) = schedule_fields("Mo 09:00-24:00", "Europe/London")

    assert steady_offset("Europe/London") is None
    assert steady_offset("Africa/Abidjan") == timedelta(0)
    assert steady_offset("No/Where") is None
    assert (india["opens_at"], india["closes_at"], india["timezone"]) == ("09:00+05:30", "23:59+05:30", 5.5)
    assert (britain["opens_at"], britain["closes_at"]) == ("09:00", "23:59")
    assert "timezone" not in britain
    assert britain["notes"] == "Local time in Europe/London."


_RANGES = st.tuples(st.sampled_from(_DAYS), st.sampled_from(_DAYS)).map(
    lambda pair: pair[0] if pair[0] == pair[1] else "-".join(pair)
)
_TIMES = st.tuples(st.integers(0, 47), st.integers(1, 40)).map(
    lambda pair: f"{pair[0] // 2:02}:{pair[0] % 2 * 30:02}-{(pair[0] + pair[1]) // 2 % 24:02}:{(pair[0] + pair[1]) % 2 * 30:02}"
)
_RULES = st.tuples(
    st.lists(_RANGES, min_size=1, max_size=2).map(",".join),
    st.one_of(st.just("off"), _TIMES),
).map(" ".join)


@settings(max_examples=examples(300), deadline=None, derandomize=True, database=None)
@given(st.lists(_RULES, min_size=1, max_size=3).map("; ".join))
def test_rows_agree_with_the_hours_at_each_half_hour_of_a_week(hours: str) -> None:
    week = weekly(hours)
    if week is None:
        return
    monday = datetime(2026, 6, 1)
    reader = OpeningHours(hours)

    for step in range(7 * 48):
        at = monday + timedelta(minutes=30 * step + 10)
        day, minute = _DAYS[at.weekday()].upper(), at.hour * 60 + at.minute
        in_rows = any(day in days and start <= minute < end for (start, end), days in week.items())
        assert in_rows == reader.is_open(at), (hours, at)
