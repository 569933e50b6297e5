"""Local times in every zone of the world from 2026 to 2036: due exactly once, and never in quiet hours.

Zones that show the same time throughout those years are equivalent, so the thorough tests take one of each kind.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from notifications.campaigns import schedule
from notifications.models import Campaign

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)


def local(at: datetime, *, override: str = "x") -> Campaign:
    return Campaign(
        schedule_kind="local", schedule_at=at.strftime("%Y-%m-%dT%H:%M:%S"), home_zone="Europe/London", quiet_override=override,
        not_after=LAST + timedelta(days=30),
    )  # fmt: skip


@cache
def changes(zone: ZoneInfo) -> list[tuple[datetime, timedelta, timedelta]]:
    """Return each change of the zone's offset: the instant, and the offsets before and after."""
    found = []
    at, before = FIRST, FIRST.astimezone(zone).utcoffset()
    while at < LAST:
        later = at + timedelta(days=7)
        after = later.astimezone(zone).utcoffset()
        if after != before:
            low, high = at, later
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            found.append((high, before, after))
        at, before = later, after
    return found  # type: ignore[return-value]


@cache
def equivalent_zones() -> list[list[str]]:
    """Return the names of all zones, those that show the same time from FIRST to LAST together."""
    found: dict[object, list[str]] = defaultdict(list)
    for name in ZONES:
        zone = ZoneInfo(name)
        found[FIRST.astimezone(zone).utcoffset(), *changes(zone)].append(name)
    return list(found.values())


def due(campaign: Campaign, zone: str) -> datetime:
    instant = schedule.due_at(campaign, zone, at=FIRST)
    assert instant is not None
    return instant


@pytest.mark.sampled
@pytest.mark.parametrize("part", range(4))
def test_a_local_time_comes_exactly_once_around_every_change_of_every_clock(part: int) -> None:
    checked = 0
    for name, *_ in equivalent_zones()[part::4]:
        zone = ZoneInfo(name)
        for instant, before, after in changes(zone):
            # Every five minutes of the wall clock from three hours before the change to three hours after it.
            wall = (instant + before).replace(tzinfo=None) - timedelta(hours=3)
            instants = []
            for step in range(72):
                local_time = wall + timedelta(minutes=5 * step)
                found = due(local(local_time), name)
                shown = found.astimezone(zone).replace(tzinfo=None)
                inside_the_gap = (instant + before).replace(tzinfo=None) <= local_time < (instant + after).replace(tzinfo=None)
                # The clock shows the requested time; in a gap, a time as long after it as the requested one lies inside.
                assert shown == (local_time + (after - before) if inside_the_gap else local_time), (name, local_time)
                if not inside_the_gap:
                    # The first of two.
                    assert not found.astimezone(zone).fold, (name, local_time)
                instants.append(found)
                checked += 1
            if after > before:
                # Times inside the gap coincide with those after it; otherwise instants increase.
                assert len(set(instants)) >= 72 - (after - before) / timedelta(minutes=5)
            else:
                assert all(earlier < later for earlier, later in pairwise(instants)), name
    assert checked > 5_000


@pytest.mark.sampled
@pytest.mark.parametrize("part", range(4))
def test_a_daily_alert_is_due_once_a_day_in_every_zone_never_by_night(part: int) -> None:
    for name, *_ in equivalent_zones()[part::4]:
        zone = ZoneInfo(name)
        edges = {instant.astimezone(zone).date() + timedelta(days=days) for instant, _, _ in changes(zone) for days in (-1, 0, 1)}
        every_month = {datetime(year, month, 15).date() for year in range(2026, 2037) for month in range(1, 13)}
        for day in sorted(edges | every_month):
            for hour in (0, 2, 7, 12, 20, 23):
                found = due(local(datetime(day.year, day.month, day.day, hour, 30), override=""), name)
                shown = found.astimezone(zone)
                assert schedule.QUIET_UNTIL <= shown.time() < schedule.QUIET_FROM, (name, day, hour)
                late = shown.replace(tzinfo=None) - datetime(day.year, day.month, day.day, hour, 30)
                # Samoa and others have skipped a day in the past; no zone is known to do so from 2026 on.
                assert timedelta(0) <= late <= timedelta(hours=12, minutes=5), (name, day, hour)


#: Around the changes of the northern and the southern year, in what some clocks skip or repeat, by day, and in quiet hours.
SOME_TIMES = [datetime(2027, 3, 28, 2, 30), datetime(2027, 7, 1, 12), datetime(2027, 10, 31, 1, 30), datetime(2027, 12, 31, 23)]


def test_every_zone_is_due_when_the_one_like_it_is() -> None:
    zones = equivalent_zones()

    assert len(zones) > 50
    for first, *others in zones:
        for campaign in [local(at, override=override) for at in SOME_TIMES for override in ("", "x")]:
            wanted = due(campaign, first)
            assert [name for name in others if due(campaign, name) != wanted] == [], (first, campaign.schedule_at)
