"""The services that an alert names, with their channels, as the published packs have them."""

from __future__ import annotations

from collections.abc import Iterator

from api.reads.edition import Edition
from content.resolver.types import PackedService
from content.terms import SOURCE_LOCALE
from notifications.feed import FeedAlert

#: Channels of one service that are shown with an alert.
MAX_CHANNELS = 3


def alert_services(edition: Edition, alert: FeedAlert) -> Iterator[PackedService]:
    """Yield the alert's services, each from its country's pack in the alert's language or in English; with few channels."""
    for name in alert["services"]:
        country = edition.service_countries.get(name)
        tried = [(country, locale) for locale in (alert["lang"], SOURCE_LOCALE)] if country else []
        digest = next((edition.pack_digests[place] for place in tried if place in edition.pack_digests), None)
        if digest is None:
            continue
        pack = edition.packs.parsed(digest)
        service: PackedService | None = next((one for one in pack["services"] if one["id"] == name), None)
        if service is not None:
            channels = [channel for channel in service["channels"] if channel["display"]][:MAX_CHANNELS]
            yield {**service, "channels": channels}
