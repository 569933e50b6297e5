"""Which address is to be asked next, and what is remembered of it: the queue of assurers moves, what readers get does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db.models import F, Q

from content.assurance.links.url_policy import Blocked, Place, read_place
from content.assurance.links.visit import Found, Visitor
from content.models import Channel, LinkCheck, LinkHost
from content.models.service import Status
from content.terms import ChannelType

#: Seconds for which a host is left alone after a visit, and hours for which its robots.txt holds (RFC 9309: at most 24).
HOST_SECONDS = 60.0
_RULES_HOURS = 24
#: Characters kept of a robots.txt.
_MOST_RULES = 16_000


def check_next(*, at: datetime, visitor: Visitor | None = None) -> LinkCheck | None:
    """Visit the due address that has waited longest, of a host that may be asked now; None where there is none.

    Never called inside a transaction: nothing is held while the other side takes its time.
    """
    for channel in _due(at):
        host = _host(channel.address)
        if host and not LinkHost.objects.take(host, at=at, seconds=HOST_SECONDS):
            continue
        found = (visitor or Visitor(rules=remembered(at))).visit(channel.address)
        return LinkCheck.objects.found(
            channel.revision_id, result=found.result, at=at, http_status=found.status, host=_elsewhere(found, host)
        )
    return None


def remembered(at: datetime) -> Callable[[Place, Callable[[], str]], str]:
    """Return a memory of what each host's robots.txt said, which asks again a day later."""

    def rules(place: Place, ask: Callable[[], str]) -> str:
        known = LinkHost.objects.filter(name=place.host, robots_until__gt=at).values_list("robots", flat=True).first()
        if known is not None:
            return known
        text = ask().replace("\0", "")[:_MOST_RULES]
        LinkHost.objects.update_or_create(
            name=place.host,
            defaults={"robots": text, "robots_until": at + timedelta(hours=_RULES_HOURS)},
            create_defaults={"robots": text, "robots_until": at + timedelta(hours=_RULES_HOURS), "not_before": at},
        )
        return text

    return rules


def _due(at: datetime) -> Iterator[Channel]:
    """Yield the channels with a web address whose turn it is, those never asked first."""
    yield from (
        Channel.objects.filter(type__in=[ChannelType.URL, ChannelType.CHAT], address__startswith="https://")
        .filter(Q(revision__link_check=None) | Q(revision__link_check__next_at__lte=at), service__status=Status.ACTIVE)
        .order_by(F("revision__link_check__next_at").asc(nulls_first=True), "pk")
    )


def _host(address: str) -> str:
    try:
        return read_place(address).host
    except Blocked:
        # The visit itself says so, without asking anybody.
        return ""


def _elsewhere(found: Found, host: str) -> str:
    return found.host if found.host != host else ""
