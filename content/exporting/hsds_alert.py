"""Notices of a service as HSDS alerts: one sentence each, valid from the announcement to the end of the notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from content.exporting.home_packs import notices
from content.resolver.types import PackedService

#: Isolates are removed: programs that read HSDS do not expect them.
_WITHOUT_ISOLATES = {ord(sign): None for sign in "\u2066\u2069"}


@dataclass(frozen=True)
class HsdsAlert:
    """One sentence, and the instant at which it ends."""

    text: str
    until: datetime


def alerts(service: PackedService, texts: Mapping[str, str]) -> Iterator[HsdsAlert]:
    """Yield an alert for each notice of the service or of one of its channels; `texts` are the sentences by kind of notice."""
    channels = {channel["position"]: channel["display"] or channel["type"] for channel in service["channels"]}
    for notice in notices(service):
        text, position = texts.get(notice["kind"]), notice["position"]
        if text is None or (position is not None and position not in channels):
            continue
        # A notice of one channel says which, because the others may work as usual.
        prefix = f"{channels[position].translate(_WITHOUT_ISOLATES)}: " if position is not None else ""
        zone = service["zone"] or "UTC"
        start, until = (datetime.fromisoformat(notice[name]).astimezone(UTC) for name in ("from", "until"))
        when = f"from {_in_words(start, zone)} until {_in_words(until, zone)} ({zone})"
        yield HsdsAlert(f"{prefix}{text.rstrip('.')}, {when}.", until)


def _in_words(at: datetime, zone: str) -> str:
    return format_datetime(at, "d MMMM y, HH:mm", tzinfo=ZoneInfo(zone), locale="en")
