"""Choose the next URL to check and record the result: it moves the assurance queue and never changes what readers get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db.models import F, Q

from content.assurance.links.url_policy import Blocked, SafeUrl
from content.assurance.links.visit import Visitor, VisitResult
from content.models import Channel, LinkCheck, LinkHost
from content.models.service_facts import Status
from content.terms import ChannelType

#: Seconds between two visits to a host, and hours for which its robots.txt is cached (RFC 9309: at most 24).
HOST_SECONDS = 60.0
_ROBOTS_HOURS = 24
#: Characters kept of a robots.txt.
_MAX_ROBOTS = 16_000


def check_next(*, at: datetime, visitor: Visitor | None = None) -> LinkCheck | None:
    """Visit the URL that has been due longest, of a host that may be visited now; return None if there is none.

    Never called inside a transaction: no lock is held while the other side takes its time.
    """
    for channel in _due(at):
        host = _host(channel.address)
        if host and not LinkHost.objects.reserve(host, at=at, seconds=HOST_SECONDS):
            continue
        found = (visitor or Visitor(robots=cached_robots(at))).visit(channel.address)
        return LinkCheck.objects.record(
            channel.revision_id, result=found.result, at=at, http_status=found.status, host=_other_host(found, host)
        )
    return None


def cached_robots(at: datetime) -> Callable[[SafeUrl, Callable[[], str]], str]:
    """Return a function that gives a host's robots.txt, fetched at most once a day."""

    def robots(url: SafeUrl, fetch: Callable[[], str]) -> str:
        cached = LinkHost.objects.filter(name=url.host, robots_until__gt=at).values_list("robots", flat=True).first()
        if cached is not None:
            return cached
        text = fetch().replace("\0", "")[:_MAX_ROBOTS]
        until = at + timedelta(hours=_ROBOTS_HOURS)
        LinkHost.objects.update_or_create(
            name=url.host,
            defaults={"robots": text, "robots_until": until},
            create_defaults={"robots": text, "robots_until": until, "not_before": at},
        )
        return text

    return robots


def _due(at: datetime) -> Iterator[Channel]:
    """Yield the channels whose URL is due for a check, never checked ones first."""
    yield from (
        Channel.objects.filter(type__in=[ChannelType.URL, ChannelType.CHAT], address__startswith="https://")
        .filter(Q(revision__link_check=None) | Q(revision__link_check__next_at__lte=at), service__status=Status.ACTIVE)
        .order_by(F("revision__link_check__next_at").asc(nulls_first=True), "pk")
    )


def _host(url: str) -> str:
    try:
        return SafeUrl.parse(url).host
    except Blocked:
        # The visit reports this as its result, without a request.
        return ""


def _other_host(found: VisitResult, host: str) -> str:
    return found.host if found.host != host else ""
