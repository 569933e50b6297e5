"""When a campaign is due in a time zone: exact instants, local times and quiet hours, as pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
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


def due_at(campaign: Campaign, zone_name: str, *, at: datetime) -> datetime | None:
    """Return when devices in this zone are due, or None when their quiet hours last until the campaign's end.

    `at` is now: a campaign that should have begun earlier begins now. A local time that the clock skips is due as long after the
    jump as it lies inside the gap; one that occurs twice is due the first time.
    """
    zone = zone_of(zone_name, campaign.home_zone)
    if campaign.schedule_kind == ScheduleKind.NOW:
        instant = at
    elif campaign.schedule_kind == ScheduleKind.AT:
        instant = max(datetime.fromisoformat(campaign.schedule_at), at)
    else:
        instant = in_zone(datetime.fromisoformat(campaign.schedule_at), zone)
        # With seconds the author asked for the exact second; without, it may be moved off a busy minute.
        instant = max(instant if campaign.schedule_at.count(":") > 1 else off_peak(instant), at)
    if not campaign.quiet_override:
        instant = after_quiet_hours(instant, zone)
    return instant if instant < campaign.not_after else None


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
