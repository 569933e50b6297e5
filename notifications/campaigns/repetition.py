"""The start and the end of a campaign that is repeated on another day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.instants import rfc3339
from notifications.campaigns import presets, schedule
from notifications.models.campaign import Campaign, ScheduleKind


@dataclass(frozen=True)
class RepeatedStart:
    """When a repeated campaign begins and ends."""

    kind: ScheduleKind
    #: By the clock of the campaign's home zone; with a start by each phone's clock, by that.
    local: datetime
    #: Whether the start is exact to the second; without, it may move off a busy minute.
    exact: bool
    #: In UTC.
    begins_at: datetime
    ends_at: datetime

    def columns(self) -> dict[str, Any]:
        """Return the columns of a campaign that begins so."""
        local = self.local.isoformat(timespec="seconds" if self.exact else "minutes")
        written = rfc3339(self.begins_at) if self.kind == ScheduleKind.AT else local
        return {"schedule_kind": self.kind, "schedule_at": written, "not_after": self.ends_at}


def start_at(origin: Campaign, local: datetime, *, exact: bool) -> RepeatedStart:
    """Return the start of a repetition at a local time; what began at its approval begins at one moment for everybody."""
    kind = ScheduleKind.LOCAL if origin.schedule_kind == ScheduleKind.LOCAL else ScheduleKind.AT
    zone = schedule.zone_of(origin.home_zone, "UTC")
    begins_at = local.replace(tzinfo=zone).astimezone(UTC)
    return RepeatedStart(kind, local, exact, begins_at, begins_at + length(origin))


def first_local(origin: Campaign) -> datetime | None:
    """Return when a campaign began or begins, by the clock of its home zone; None where that is not known."""
    if origin.schedule_kind == ScheduleKind.LOCAL:
        return datetime.fromisoformat(origin.schedule_at)
    began = datetime.fromisoformat(origin.schedule_at) if origin.schedule_kind == ScheduleKind.AT else origin.starts_at
    return began.astimezone(schedule.zone_of(origin.home_zone, "UTC")).replace(tzinfo=None) if began else None


def length(origin: Campaign) -> timedelta:
    """Return how long a campaign lasts from its start to its end."""
    local = first_local(origin)
    if local is None:
        return presets.lasting(origin)
    lasted = origin.not_after - local.replace(tzinfo=schedule.zone_of(origin.home_zone, "UTC"))
    return lasted if lasted > timedelta() else presets.lasting(origin)
