"""Whether a service of a pack, or one channel of it, is open at an instant: by its hours and its short-term notices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from content.resolver.opening_hours import hours_availability
from content.resolver.types import UNKNOWN, Availability, PackedChannel, PackedService
from content.terms import NoticeKind

#: A notice further ahead than this does not end what is open now: a line that is always open is reported as such until the
#: day before.
_NOTICE_AHEAD = timedelta(days=1)


class _Override(NamedTuple):
    """A period in which a notice replaces the hours: closed (`open` is False) or unknown (None)."""

    begins: datetime
    ends: datetime
    open: bool | None


def service_availability(service: PackedService, at: datetime, *, can_speak: bool = True) -> Availability:
    """Return the availability of the service at the instant `at` (aware) for a reader who can or cannot speak.

    It is open if one of the channels that this reader can use is open, and closed only if all of them are known to be closed.
    An emergency number counts for every reader.
    """
    channels = service["channels"]
    if not can_speak and "emergency" not in service["roles"]:
        channels = [channel for channel in channels if not channel["needs_voice"]]
    found = [channel_availability(service, channel, at) for channel in channels]
    if len(found) == 1:
        return found[0]
    closings = [availability.changes_at for availability in found if availability.open]
    if closings:
        return Availability(True, None if None in closings else max(c for c in closings if c is not None))
    if not found or any(availability.open is None for availability in found):
        return UNKNOWN
    openings = (availability.changes_at for availability in found if availability.changes_at is not None)
    return Availability(False, min(openings, default=None))


def channel_availability(service: PackedService, channel: PackedChannel, at: datetime) -> Availability:
    """Return the availability of one channel of the service at the instant `at` (aware)."""
    overrides = _overrides(service, channel) if service.get("notices") else []
    return _with_overrides(service, channel, overrides, at) if overrides else _by_hours(service, channel, at)


def _by_hours(service: PackedService, channel: PackedChannel, at: datetime) -> Availability:
    return hours_availability(channel["hours"], zone=channel["zone"] or service["zone"], country=service["country"], at=at)


def _overrides(service: PackedService, channel: PackedChannel) -> list[_Override]:
    """Return what the notices say of this channel; they never apply to an emergency number."""
    if "emergency" in service["roles"]:
        return []
    overrides: list[_Override] = []
    for notice in service["notices"]:
        is_down = notice["kind"] == NoticeKind.CHANNEL_DOWN and notice["position"] == channel["position"]
        if is_down or notice["kind"] in (NoticeKind.CLOSED, NoticeKind.HOURS_CHANGED):
            is_open = None if notice["kind"] == NoticeKind.HOURS_CHANGED else False
            begins, ends = datetime.fromisoformat(notice["from"]), datetime.fromisoformat(notice["until"])
            overrides.append(_Override(begins, ends, is_open))
    return overrides


def _with_overrides(service: PackedService, channel: PackedChannel, overrides: list[_Override], at: datetime) -> Availability:
    """Follow hours and notices from the instant on to the first change that is known."""

    def at_instant(instant: datetime) -> Availability:
        """Return what is so at the instant, by the notice in force if there is one; `changes_at` is when to look again."""
        in_force = [override for override in overrides if override.begins <= instant < override.ends]
        closed_until = [override.ends for override in in_force if override.open is False]
        if closed_until:
            return Availability(False, max(closed_until))
        return UNKNOWN if in_force else _by_hours(service, channel, instant)

    first = current = at_instant(at)
    instant = at
    # Each round passes the beginning or the end of a notice, so there are few of them.
    while current.open is not None:
        ahead = [o.begins for o in overrides if o.begins > instant and not (first.open and o.begins - at > _NOTICE_AHEAD)]
        if current.changes_at is not None:
            ahead.append(current.changes_at)
        elif current.open is False:
            # The hours do not say when the channel opens next.
            return Availability(False)
        if not ahead:
            return first if current is first else Availability(first.open)
        instant = min(ahead)
        current = at_instant(instant)
        if current.open is not first.open:
            # The instant of an opening is given only where the channel is then known to be open.
            return Availability(first.open, instant) if first.open or current.open else Availability(False)
    return UNKNOWN
