"""Notices of a service as HSDS alerts: a sentence each, true from when it is announced until the notice is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from content.exporting.open_data import notices
from content.resolver.types import PackedService

#: HSDS is for machines that know nothing of isolates.
_PLAIN = {ord(sign): None for sign in "\u2066\u2069"}


@dataclass(frozen=True)
class Alert:
    """One sentence, and when it is over."""

    text: str
    until: datetime


def alerts(service: PackedService, texts: Mapping[str, str]) -> Iterator[Alert]:
    """Yield an alert for each notice of the service, or of a channel that is listed, whose kind has a text."""
    channels = {channel["position"]: channel["display"] or channel["type"] for channel in service["channels"]}
    for notice in notices(service):
        text, position = texts.get(notice["kind"]), notice["position"]
        if text is None or (position is not None and position not in channels):
            continue
        # Of one channel it says which: the others may be as ever.
        of_channel = f"{channels[position].translate(_PLAIN)}: " if position is not None else ""
        zone = service["zone"] or "UTC"
        start, until = (datetime.fromisoformat(notice[name]).astimezone(UTC) for name in ("from", "until"))
        when = f"from {_written(start, zone)} until {_written(until, zone)} ({zone})"
        yield Alert(f"{of_channel}{text.rstrip('.')}, {when}.", until)


def _written(at: datetime, zone: str) -> str:
    return format_datetime(at, "d MMMM y, HH:mm", tzinfo=ZoneInfo(zone), locale="en")
