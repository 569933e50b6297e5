"""Count requests of a network within a window, under a keyed hash of its address that lives for one window.

The key is random and never stored outside memory: per process if the cache is local memory, otherwise one per day, kept in
the shared cache. When the key is gone, the hashes can no longer be traced to an address.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest

_DAY = 86_400
#: Prefix length of an IPv6 network to how many times the limit of one address it gets: a subscriber holds a /64, a /56 or a
#: /48 (RFC 6177), and may take a new /64 for each request.
_IPV6_SHARES = {64: 1, 56: 4, 48: 16}
_process_key = secrets.token_bytes(32)


class KeyLost(Exception):
    """The cache took the day's key and did not keep it."""


class Network(NamedTuple):
    """A network that requests are counted for, and its limit as a multiple of that of one address."""

    name: str
    share: int


class Count(NamedTuple):
    """Whether one more request is within the limit, and the seconds until the window ends."""

    allowed: bool
    wait: float


def count(scope: str, networks: list[Network], *, limit: int, seconds: int) -> Count:
    """Count one request for each network. Raises what the cache raises, and KeyLost."""
    now = time.time()
    window = int(now // seconds)
    key, allowed = _key(window * seconds, now=now), True
    for network in networks:
        name = _counter(scope, window, network.name, key=key)
        cache.add(name, 0, timeout=seconds)
        try:
            allowed = cache.incr(name) <= limit * network.share and allowed
        except ValueError:
            # The window ended between the two calls.
            continue
    return Count(allowed, (window + 1) * seconds - now)


def client_networks(request: HttpRequest) -> list[Network]:
    """Return the networks of the address that the outermost trusted proxy saw, the narrowest first."""
    meta = request.META
    seen = str(meta.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXIES:
        # Each proxy appends the address it saw, so the client can forge all entries but the last ones.
        hops = [hop.strip() for hop in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            seen = hops[-settings.TRUSTED_PROXIES]
    return list(_networks(seen))


def _networks(seen: str) -> Iterator[Network]:
    try:
        address = ipaddress.ip_address(_without_port(seen))
    except ValueError:
        yield Network("unknown", 1)
        return
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            for prefix, share in _IPV6_SHARES.items():
                yield Network(str(ipaddress.ip_network((address, prefix), strict=False)), share)
            return
        # A proxy that listens on both protocols writes IPv4 addresses in this form.
        address = address.ipv4_mapped
    yield Network(str(address), 1)


def _without_port(seen: str) -> str:
    """Return the address without the port and brackets that some proxies write (RFC 7239, section 6)."""
    if seen.startswith("["):
        return seen[1:].partition("]")[0]
    host, colon, port = seen.rpartition(":")
    return host if colon and port.isdecimal() and ":" not in host else seen


def _key(window_start: int, *, now: float) -> bytes:
    """Return the key for a window that starts at this Unix time. Raises KeyLost."""
    if isinstance(caches["default"], LocMemCache):
        return _process_key
    day = window_start // _DAY
    name = f"limit-key:{day}"
    # `add` writes only if there is none, so processes that race for a new day's key all read the same one.
    if (key := cache.get(name)) is None:
        cache.add(name, secrets.token_bytes(32), timeout=(day + 1) * _DAY - now + 60)
        key = cache.get(name)
    if not isinstance(key, bytes):
        raise KeyLost()
    return key


def _counter(scope: str, window: int, network: str, *, key: bytes) -> str:
    # With the window in the hash, two windows of one client cannot be linked.
    text = f"{scope}|{window}|{network}".encode()
    return "limit:" + hmac.new(key, text, hashlib.sha256).hexdigest()[:32]
