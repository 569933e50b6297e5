"""Visit one URL politely: robots.txt, HEAD, then GET if HEAD is refused, and at most three redirects."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from content.assurance.links.http_client import TOTAL_SECONDS, USER_AGENT, LinkClient, LinkResponse, Unreachable
from content.assurance.links.url_policy import Blocked, SafeUrl
from content.models.link import LinkResult

MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@dataclass(frozen=True)
class VisitResult:
    """The result of a visit, with the last HTTP status and the last host."""

    result: LinkResult
    status: int | None = None
    host: str = ""


class RobotsDisallowed(Exception):
    """The host's robots.txt disallows the URL, or cannot be fetched."""


@dataclass(frozen=True)
class Visitor:
    """Visits URLs; `robots` returns the text of a host's robots.txt, calling its second argument to fetch it if necessary."""

    client: LinkClient = field(default_factory=LinkClient)
    robots: Callable[[SafeUrl, Callable[[], str]], str] = lambda _url, fetch: fetch()

    def visit(self, url: str) -> VisitResult:
        """Return what the URL leads to; errors of the other side are results, not exceptions."""
        until = time.monotonic() + TOTAL_SECONDS
        host, status = "", None
        try:
            first_host = SafeUrl.parse(url).host
            for _ in range(MAX_REDIRECTS + 1):
                # Each target of a redirect is checked like the first URL.
                safe = SafeUrl.parse(url)
                host = safe.host
                response = self._request(safe, until)
                status = response.status
                if status not in _REDIRECTS or not response.location:
                    return VisitResult(_result(status, moved=_bare(host) != _bare(first_host)), status, host)
                url = urljoin(url, response.location)
            return VisitResult(LinkResult.FAILING, status, host)
        except Blocked:
            return VisitResult(LinkResult.BLOCKED, status, host)
        except RobotsDisallowed:
            return VisitResult(LinkResult.DISALLOWED, status, host)
        except Unreachable:
            return VisitResult(LinkResult.UNREACHABLE, status, host)

    def _request(self, url: SafeUrl, until: float) -> LinkResponse:
        rules = RobotFileParser()
        rules.parse(self.robots(url, lambda: self._fetch_robots(url, until)).splitlines())
        if not rules.can_fetch(USER_AGENT, url.target):
            raise RobotsDisallowed
        response = self.client.request("HEAD", url, until=until)
        if response.status < HTTPStatus.BAD_REQUEST:
            return response
        # Many servers support only GET, and refuse HEAD with various statuses.
        return self.client.request("GET", url, until=until)

    def _fetch_robots(self, url: SafeUrl, until: float) -> str:
        """Return the host's robots.txt; empty if it has none or redirects (RFC 9309, 2.3.1)."""
        response = self.client.request("GET", SafeUrl(url.scheme, url.host, "/robots.txt"), until=until, read_body=True)
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RobotsDisallowed
        return response.body.decode("utf-8", "replace") if response.status == HTTPStatus.OK else ""


def _result(status: int, *, moved: bool) -> LinkResult:
    if status in _GONE:
        return LinkResult.GONE
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return LinkResult.FAILING
    return LinkResult.MOVED if moved else LinkResult.WORKS


def _bare(host: str) -> str:
    return host.removeprefix("www.")
