"""Decide which URLs may be requested, and which IP addresses are on the public internet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}
#: A name with a dot whose last label holds letters; a number in any notation does not match.
_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})", re.ASCII)
#: Endings of names that never lead to the public internet; in a local network any machine may answer for some of them.
_PRIVATE_ENDINGS = frozenset(
    {"localhost", "local", "internal", "intranet", "lan", "home", "corp", "onion", "invalid", "test", "arpa"}
)

#: All blocks of the IANA registries of special-purpose addresses. The list is our own, because `ipaddress.is_global` differs
#: between versions of Python and accepts addresses that relay into IPv4.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
#: Special-purpose blocks inside the assigned space: Teredo, ORCHID and benchmarks, 6to4, documentation, AS112.
_NOT_PUBLIC_6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))


class Blocked(Exception):
    """The URL must not be requested."""


def is_public(address: str) -> bool:
    """Return whether a numeric address is on the public internet; False for anything that is not a numeric address."""
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if number.version == 4:
        return not any(number in network for network in _NOT_PUBLIC_4)
    # Mapped, translated and scoped addresses are all outside the assigned space.
    return number in _PUBLIC_6 and not any(number in network for network in _NOT_PUBLIC_6)


@dataclass(frozen=True)
class SafeUrl:
    """The parts of a URL that may be requested: http or https, a public name, the default port."""

    scheme: str
    host: str
    #: Path and query.
    target: str

    @property
    def port(self) -> int:
        """Return the default port of the scheme; no other is ever used."""
        return _PORTS[self.scheme]

    @classmethod
    def parse(cls, url: str) -> SafeUrl:
        """Return the parts of the URL; raise Blocked if it must not be requested."""
        if not url.isascii() or not url.isprintable() or any(c in url for c in " \\"):
            raise Blocked("The URL is malformed or contains a user name.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Blocked("The URL is malformed or contains a user name.") from None
        if parts.scheme not in _PORTS or port not in (None, _PORTS[parts.scheme]):
            raise Blocked("Only http and https on their default ports are requested.")
        host = (parts.hostname or "").removesuffix(".")
        if parts.username is not None or parts.password is not None or "%" in host:
            raise Blocked("The URL is malformed or contains a user name.")
        if _NAME.fullmatch(host) is None or host.rpartition(".")[2] in _PRIVATE_ENDINGS:
            raise Blocked("Only a host with a public name is requested.")
        return cls(parts.scheme, host, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
