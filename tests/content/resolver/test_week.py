"""Opening hours as a table of the usual week: what is shown agrees with what the resolver says is open."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from content.resolver.opening_hours import hours_availability
from content.resolver.week import public_holidays, usual_week
from tests.packs import Packs

ALL_DAY = {"opens": "00:00", "closes": "24:00"}
OFFICE = {"opens": "08:00", "closes": "20:00"}
WEEKEND = {"opens": "09:00", "closes": "17:00"}


@pytest.mark.parametrize(
    ("hours", "days", "holidays"),
    [
        ("24/7", [{"days": [1, 2, 3, 4, 5, 6, 7], **ALL_DAY}], [ALL_DAY]),
        (
            "Mo-Fr 08:00-20:00; Sa-Su,PH 09:00-17:00",
            [{"days": [1, 2, 3, 4, 5], **OFFICE}, {"days": [6, 7], **WEEKEND}],
            [WEEKEND],
        ),
        ("Mo-Fr 08:00-20:00", [{"days": [1, 2, 3, 4, 5], **OFFICE}], None),
        ("Mo-Fr 08:00-20:00; PH off", [{"days": [1, 2, 3, 4, 5], **OFFICE}], []),
        ("Mo-Su 09:00-17:00", [{"days": [1, 2, 3, 4, 5, 6, 7], **WEEKEND}], [WEEKEND]),
        ("09:00-17:00", [{"days": [1, 2, 3, 4, 5, 6, 7], **WEEKEND}], [WEEKEND]),
        ("Mo-Fr 00:00-24:00", [{"days": [1, 2, 3, 4, 5], **ALL_DAY}], None),
        ("Fr-Sa 20:00-02:00", [{"days": [5, 6], "opens": "20:00", "closes": "02:00"}], None),
        (
            "Mo 08:00-12:00,13:00-20:00; We 08:00-12:00",
            [{"days": [1], "opens": "13:00", "closes": "20:00"}, {"days": [1, 3], "opens": "08:00", "closes": "12:00"}],
            None,
        ),
    ],
)
def test_hours_are_a_table_of_the_week(hours: str, days: list[Any], holidays: list[Any] | None) -> None:
    assert usual_week(hours) == {"days": days, "holidays": holidays}


@pytest.mark.parametrize("hours", [None, "", "nonsense", 'Mo-Fr "by appointment"', "Apr-Sep Mo-Fr 09:00-17:00", "Mo unknown"])
def test_hours_without_a_usual_week_have_no_table(hours: str | None) -> None:
    assert usual_week(hours) is None


def test_public_holidays_are_those_of_the_country() -> None:
    assert {date(2026, 4, 3), date(2026, 12, 25)} <= set(public_holidays("GB", 2026))
    assert date(2026, 10, 3) in public_holidays("DE", 2026)
    assert public_holidays("IN", 2026) == public_holidays("ZZ", 2026) == ()


def test_the_tables_of_the_real_packs_agree_with_the_hours(real_packs: Packs) -> None:
    """Compare each table at every half hour of a usual week with the resolver, which reads the hours themselves."""
    seen = 0
    for country in sorted(country for country, locale in real_packs if locale == "en"):
        holidays = {date.fromisoformat(day) for days in real_packs[country, "en"]["public_holidays"].values() for day in days}
        for service in real_packs[country, "en"]["services"]:
            for channel in service["channels"]:
                zone = channel["zone"] or service["zone"]
                if channel["week"] is None or not zone:
                    continue
                seen += 1
                for half_hours in range(0, 48 * 7, 11):
                    local = datetime.combine(date(2027, 2, 1), time(0, 10), tzinfo=ZoneInfo(zone)) + timedelta(
                        minutes=30 * half_hours
                    )
                    found = hours_availability(channel["hours"], zone=zone, country=service["country"], at=local)
                    if found.open is not None and local.date() not in holidays:
                        assert shown_as_open(channel["week"], local) == found.open, (service["id"], channel["hours"], local)
    assert seen > 20


def shown_as_open(week: Any, local: datetime) -> bool:
    """Return what a reader takes from the table, as docs/app-developers.md tells an app to show it."""
    now, today = f"{local:%H:%M}", local.isoweekday()
    yesterday = (today - 2) % 7 + 1
    for span in week["days"]:
        overnight = span["closes"] <= span["opens"]
        if today in span["days"] and span["opens"] <= now and (overnight or now < span["closes"]):
            return True
        if overnight and yesterday in span["days"] and now < span["closes"]:
            return True
    return False
