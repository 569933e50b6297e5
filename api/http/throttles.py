"""Rate limits per network address, counted in the cache under a keyed hash of the address that lives for one window.

The key is random and never stored outside memory: per process if the cache is local memory, otherwise one per day, kept in
the shared cache. When the key is gone, the hashes can no longer be traced to an address.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

from core.errors import Unavailable

_DAY = 86_400
_process_key = secrets.token_bytes(32)


class LimiterUnavailable(Unavailable):
    """Writing is temporarily unavailable. Reading is not affected. Try again later."""


class KeyLost(Exception):
    """The cache took the day's key and did not keep it."""


class AddressThrottle(BaseThrottle):
    """Count requests per scope (`view.throttle`), address and window; settings.THROTTLES holds (requests, seconds)."""

    _wait: float | None = None

    def allow_request(self, request: Any, view: Any) -> bool:
        limit, seconds = settings.THROTTLES[view.throttle]
        now = time.time()
        window = int(now // seconds)
        try:
            name = _counter(view.throttle, window, client_network(request), key=_key(window * seconds, now=now))
            cache.add(name, 0, timeout=seconds)
            count = cache.incr(name)
        except ValueError:
            # The window ended between the two calls.
            return True
        except Exception:
            # Reading must not depend on the cache. Writing without a limit would let anyone fill the database.
            if view.throttle_fails_open:
                return True
            raise LimiterUnavailable(retry_after=30) from None
        self._wait = (window + 1) * seconds - now
        return bool(count <= limit)

    def wait(self) -> float | None:
        return self._wait


def client_network(request: HttpRequest) -> str:
    """Return the address that the outermost trusted proxy saw; for IPv6 its /64, which belongs to one subscriber."""
    meta = request.META
    seen = str(meta.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXIES:
        # Each proxy appends the address it saw, so the client can forge all entries but the last ones.
        hops = [hop.strip() for hop in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            seen = hops[-settings.TRUSTED_PROXIES]
    try:
        address = ipaddress.ip_address(seen)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


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
