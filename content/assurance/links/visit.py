"""Ask for one address as a polite visitor: HEAD, then GET where that is not understood, and at most three redirects."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from content.assurance.links.http_client import AGENT, MOST_SECONDS, Reply, Unreachable, Wire
from content.assurance.links.url_policy import Blocked, Place, read_place
from content.models.link import LinkResult

MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@dataclass(frozen=True)
class Found:
    """What came of a visit: the last status, and the host where it ended."""

    result: LinkResult
    status: int | None = None
    host: str = ""


class NotWelcome(Exception):
    """The host's robots.txt asks not to be visited there, or cannot be had."""


@dataclass(frozen=True)
class Visitor:
    """Visits addresses; `rules` returns the text of a host's robots.txt, and asks for it by the given call if need be."""

    wire: Wire = field(default_factory=Wire)
    rules: Callable[[Place, Callable[[], str]], str] = lambda _place, ask: ask()

    def visit(self, address: str) -> Found:
        """Return what is found at the address; never raises for what the other side does."""
        until = time.monotonic() + MOST_SECONDS
        host, status = "", None
        try:
            asked = read_place(address).host
            for _ in range(MOST_REDIRECTS + 1):
                # Each place anew: a redirect is no safer than the address it came from.
                place = read_place(address)
                host = place.host
                answer = self._asked(place, until)
                status = answer.status
                if status not in _REDIRECTS or not answer.location:
                    return Found(_result(status, moved=_bare(host) != _bare(asked)), status, host)
                address = urljoin(address, answer.location)
            return Found(LinkResult.FAILING, status, host)
        except Blocked:
            return Found(LinkResult.BLOCKED, status, host)
        except NotWelcome:
            return Found(LinkResult.NOT_ASKED, status, host)
        except Unreachable:
            return Found(LinkResult.UNREACHABLE, status, host)

    def _asked(self, place: Place, until: float) -> Reply:
        rules = RobotFileParser()
        rules.parse(self.rules(place, lambda: self._robots(place, until)).splitlines())
        if not rules.can_fetch(AGENT, place.target):
            raise NotWelcome
        answer = self.wire.ask("HEAD", place, until=until)
        if answer.status < HTTPStatus.BAD_REQUEST:
            return answer
        # Many servers know GET alone, and say so in many ways.
        return self.wire.ask("GET", place, until=until)

    def _robots(self, place: Place, until: float) -> str:
        """Return the host's robots.txt; empty where it has none, or sends elsewhere for it (RFC 9309, 2.3.1)."""
        answer = self.wire.ask("GET", Place(place.scheme, place.host, "/robots.txt"), until=until, body=True)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NotWelcome
        return answer.body.decode("utf-8", "replace") if answer.status == HTTPStatus.OK else ""


def _result(status: int, *, moved: bool) -> LinkResult:
    if status in _GONE:
        return LinkResult.GONE
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return LinkResult.FAILING
    return LinkResult.MOVED if moved else LinkResult.WORKS


def _bare(host: str) -> str:
    return host.removeprefix("www.")
