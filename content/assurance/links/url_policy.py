"""Which network addresses are on the public internet, and which web addresses may be asked at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}
#: A name with a dot whose last label holds letters: what reads as a number in any notation is none.
_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})", re.ASCII)
#: Names that never lead to the public internet; some are answered by whoever shouts loudest in the local network.
_PRIVATE_ENDINGS = frozenset(
    {"localhost", "local", "internal", "intranet", "lan", "home", "corp", "onion", "invalid", "test", "arpa"}
)

#: Everything that the IANA registries of special-purpose addresses keep off the public internet. The list is our own, because
#: what ipaddress calls global differs between versions of Python, and lets through relays into IPv4.
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
#: Inside what is assigned: Teredo, ORCHID and benchmarks, 6to4, documentation, AS112.
_NOT_PUBLIC_6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))


class Blocked(Exception):
    """The address is none that may be asked."""


@dataclass(frozen=True)
class Place:
    """A web address taken apart."""

    scheme: str
    host: str
    target: str

    @property
    def port(self) -> int:
        """Return the scheme's own port; no other is ever asked."""
        return _PORTS[self.scheme]


def is_public(address: str) -> bool:
    """Tell whether a numeric address is on the public internet; whatever is not understood is not."""
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if number.version == 4:
        return not any(number in network for network in _NOT_PUBLIC_4)
    # Mapped, translated and scoped addresses all lie outside what is assigned.
    return number in _PUBLIC_6 and not any(number in network for network in _NOT_PUBLIC_6)


def read_place(address: str) -> Place:
    """Return the parts of an http or https address with a public-looking name and the default port; Blocked otherwise."""
    if not address.isascii() or not address.isprintable() or any(c in address for c in " \\"):
        raise Blocked("It is not a plain address.")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise Blocked("It is not a plain address.") from None
    if parts.scheme not in _PORTS or port not in (None, _PORTS[parts.scheme]):
        raise Blocked("Only http and https on their own ports are asked.")
    host = (parts.hostname or "").removesuffix(".")
    if parts.username is not None or parts.password is not None or "%" in host:
        raise Blocked("It is not a plain address.")
    if _NAME.fullmatch(host) is None or host.rpartition(".")[2] in _PRIVATE_ENDINGS:
        raise Blocked("Only a host with a public name is asked.")
    return Place(parts.scheme, host, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
