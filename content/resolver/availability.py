"""Whether a channel of a pack's service answers at an instant: by its hours, and by the short-term notices of the service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from content.resolver.opening_hours import UNKNOWN, Answering, answering
from content.resolver.types import Service
from content.terms import NoticeKind

#: From, until, and what holds between them whatever the hours say: shut (False) or not known (None).
_Span = tuple[datetime, datetime, bool | None]
#: A notice that begins later does not end what is open now: who answers at any hour does so until the day before.
_SOON = timedelta(days=1)


def channel_answers(service: Service, channel: Mapping[str, Any], at: datetime) -> Answering:
    """Tell whether the channel answers at the instant `at` (aware), and when that changes."""
    # Packs that were published by an older version have no notices.
    spans = _spans(service, channel) if service.get("notices") else []
    return _noticed(service, channel, spans, at) if spans else _by_hours(service, channel, at)


def _by_hours(service: Service, channel: Mapping[str, Any], at: datetime) -> Answering:
    return answering(channel["hours"], zone=channel["zone"] or service["zone"], country=service["country"], at=at)


def _spans(service: Service, channel: Mapping[str, Any]) -> list[_Span]:
    """Return the notices that bear on whether the channel answers; none does on an emergency number."""
    if "emergency" in service["roles"]:
        return []
    spans: list[_Span] = []
    for notice in service["notices"]:
        down = notice["kind"] == NoticeKind.CHANNEL_DOWN and notice["position"] == channel["position"]
        if down or notice["kind"] in (NoticeKind.CLOSED, NoticeKind.HOURS_CHANGED):
            holds = None if notice["kind"] == NoticeKind.HOURS_CHANGED else False
            spans.append((datetime.fromisoformat(notice["from"]), datetime.fromisoformat(notice["until"]), holds))
    return spans


def _noticed(service: Service, channel: Mapping[str, Any], spans: list[_Span], at: datetime) -> Answering:
    """Follow hours and notices from the instant on to the first change."""

    def at_instant(instant: datetime) -> Answering:
        """Return what holds then: a notice where one is in force (its end may only be the next look), else the hours."""
        holding = [(until, holds) for begins, until, holds in spans if begins <= instant < until]
        shut = [until for until, holds in holding if holds is False]
        if shut:
            return Answering(False, max(shut))
        return UNKNOWN if holding else _by_hours(service, channel, instant)

    first = now = at_instant(at)
    instant = at
    # Each round passes the beginning or the end of a notice, so there are few.
    while now.open is not None:
        ahead = [begins for begins, _, _ in spans if begins > instant and not (first.open and begins - at > _SOON)]
        if now.changes_at is not None:
            ahead.append(now.changes_at)
        elif now.open is False:
            # Hours that do not say when they open next.
            return Answering(False)
        if not ahead:
            return first if now is first else Answering(first.open)
        instant = min(ahead)
        now = at_instant(instant)
        if now.open is not first.open:
            # That it opens is told only where it is known to.
            return Answering(first.open, instant) if first.open or now.open else Answering(False)
    return UNKNOWN
