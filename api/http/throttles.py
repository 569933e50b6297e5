"""Limits by client, without knowing the client: a keyed hash of the address that lives one window, in the cache alone."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

from core.errors import Unavailable


class NoLimiter(Unavailable):
    """This is closed for a moment; reading is not affected."""


class AddressThrottle(BaseThrottle):
    """Count requests of a scope (`view.throttle`) by address and window; settings.THROTTLES gives (requests, seconds)."""

    _wait: float | None = None

    def allow_request(self, request: Any, view: Any) -> bool:
        most, seconds = settings.THROTTLES[view.throttle]
        now = time.time()
        window = int(now // seconds)
        key = _key(view.throttle, window, client_network(request))
        try:
            cache.add(key, 0, timeout=seconds)
            count = cache.incr(key)
        except ValueError:
            # The window ended between the two calls.
            return True
        except Exception:
            # Nothing stands between a reader and the words; a register that anybody can fill without limit stays shut.
            if view.throttle_fails_open:
                return True
            raise NoLimiter(retry_after=30) from None
        self._wait = (window + 1) * seconds - now
        return bool(count <= most)

    def wait(self) -> float | None:
        return self._wait


def client_network(request: HttpRequest) -> str:
    """Return the address that the outermost trusted proxy saw; of IPv6 the /64, which is one subscriber."""
    meta = request.META
    seen = str(meta.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXIES:
        # Each proxy appends what it saw, so only the last entries are beyond the client's own writing.
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


def _key(scope: str, window: int, network: str) -> str:
    # The window is part of the hashed text, so that two windows of one client cannot be joined.
    text = f"{scope}|{window}|{network}".encode()
    return "limit:" + hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()[:32]
