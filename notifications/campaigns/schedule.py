"""When a campaign is due in a time zone: exact instants, local times and quiet hours, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notifications.models.campaign import Campaign, ScheduleKind

QUIET_FROM = time(21, 0)
QUIET_UNTIL = time(8, 0)
#: Minutes of the hour in which many senders use FCM at once; planned starts are put off to the next other minute.
_BUSY_MINUTES = {0, 1, 15, 30, 45}


def zone_of(name: str, home: str) -> tzinfo:
    """Return the zone of that name, or the home zone when the name is not known."""
    for candidate in (name, home):
        try:
            if candidate:
                return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return UTC


class Delay(StrEnum):
    """Why phones are due later than the author's time."""

    NONE = ""
    #: They are in quiet hours, and wait for their end.
    QUIET_HOURS = "quiet-hours"
    #: A start that was given without seconds keeps off the busy minutes of the hour.
    BUSY_MINUTE = "busy-minute"
    #: The author's time has passed: they are due at once.
    PAST = "past"


class Clock(StrEnum):
    """How often a local time occurs on the day that the author chose."""

    ONCE = ""
    #: The clock is put forward, and skips it.
    NEVER = "never"
    #: The clock is put back, and shows it a second time.
    TWICE = "twice"


@dataclass(frozen=True)
class Due:
    """When phones in one time zone are due, and why not at the author's time."""

    #: What the author's schedule means in this zone.
    planned_at: datetime
    #: None where quiet hours last until the campaign's end, or where the author's time is not before it.
    due_at: datetime | None
    delay: Delay
    clock: Clock


def earliest(campaign: Campaign) -> datetime:
    """Return an instant before which the campaign is due in no time zone of the world."""
    start = datetime.fromisoformat(campaign.schedule_at) if campaign.schedule_at else campaign.created_at
    # No zone is further ahead of UTC.
    return start if start.tzinfo is not None else start.replace(tzinfo=UTC) - timedelta(hours=14)


def due(campaign: Campaign, zone_name: str, *, at: datetime) -> Due:
    """Return when phones in this zone are due, at an instant before it.

    `at` is now: a campaign that should have begun earlier begins now. A local time that the clock skips is due as long after the
    jump as it lies inside the gap; one that occurs twice is due the first time.
    """
    zone = zone_of(zone_name, campaign.home_zone)
    planned, clock = _planned(campaign, zone, at=at)
    instant, delay = planned, Delay.NONE
    if _may_move(campaign) and (moved := off_peak(instant)) != instant:
        instant, delay = moved, Delay.BUSY_MINUTE
    if instant < at:
        instant, delay = at, Delay.PAST
    if not campaign.quiet_override and (later := after_quiet_hours(instant, zone)) != instant:
        instant, delay = later, Delay.QUIET_HOURS
    return Due(planned, instant if instant < campaign.not_after else None, delay, clock)


def due_at(campaign: Campaign, zone_name: str, *, at: datetime) -> datetime | None:
    """Return when phones in this zone are due, or None when nothing is sent to them before the campaign's end."""
    return due(campaign, zone_name, at=at).due_at


def is_exact(campaign: Campaign) -> bool:
    """Return whether the author asked for an exact second."""
    return campaign.schedule_kind != ScheduleKind.NOW and not _may_move(campaign)


def _may_move(campaign: Campaign) -> bool:
    """Return whether the start is a local time without seconds, which keeps off the busy minutes."""
    return campaign.schedule_kind == ScheduleKind.LOCAL and campaign.schedule_at.count(":") == 1


def _planned(campaign: Campaign, zone: tzinfo, *, at: datetime) -> tuple[datetime, Clock]:
    if campaign.schedule_kind == ScheduleKind.NOW:
        return at, Clock.ONCE
    start = datetime.fromisoformat(campaign.schedule_at)
    if campaign.schedule_kind == ScheduleKind.AT:
        return start, Clock.ONCE
    first, second = in_zone(start, zone), start.replace(tzinfo=zone, fold=1).astimezone(UTC)
    # PEP 495: before a gap the offset of fold 0 is the smaller one, before a repeated hour the greater one.
    return first, Clock.ONCE if first == second else Clock.TWICE if first < second else Clock.NEVER


def in_zone(local: datetime, zone: tzinfo) -> datetime:
    """Return the instant of a local time: the first of two; in a gap, as long after the gap as the time lies inside it."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def after_quiet_hours(instant: datetime, zone: tzinfo) -> datetime:
    """Return the instant or, if it is in quiet hours, their end, moved off the busy minutes."""
    local = instant.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return instant
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return off_peak(in_zone(datetime.combine(day, QUIET_UNTIL), zone))


def off_peak(instant: datetime) -> datetime:
    """Return the instant, or the first whole minute after it that is not a busy one."""
    while instant.minute in _BUSY_MINUTES:
        instant = instant.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return instant
