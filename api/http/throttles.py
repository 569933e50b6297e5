"""Rate limits of the API per network, which never block a reader when the cache is down."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from core import rate_limits
from core.errors import Unavailable


class LimiterUnavailable(Unavailable):
    """Writing is temporarily unavailable. Reading is not affected. Try again later."""


#: Set in the environment of a request whose network has used up its processor time (api.reads.miss_budget).
OVER_BUDGET = "fingerpost.over_budget"


class BudgetThrottle(BaseThrottle):
    """Refuse a request that the fast path has found over the budget of its network."""

    def allow_request(self, request: Any, view: Any) -> bool:
        return OVER_BUDGET not in request.META

    def wait(self) -> float:
        return 10.0


class AddressThrottle(BaseThrottle):
    """Count requests per scope (`view.throttle`), network and window; settings.THROTTLES holds (requests, seconds)."""

    _wait: float | None = None

    def allow_request(self, request: Any, view: Any) -> bool:
        try:
            counted = _count(_scope(view.throttle, view.attestation), request)
        except Exception:
            # Reading must not depend on the cache. Writing without a limit would let anyone fill the database.
            if view.throttle_fails_open:
                return True
            raise LimiterUnavailable(retry_after=30) from None
        self._wait = counted.wait
        return counted.allowed

    def wait(self) -> float | None:
        return self._wait


def _scope(scope: str, attested: object) -> str:
    """Return the scope in settings.THROTTLES: apps of ours are counted apart, because a school shares one address."""
    apart = f"{scope}-attested"
    return apart if attested and apart in settings.THROTTLES else scope


def _count(scope: str, request: Any) -> rate_limits.Count:
    limit, seconds = settings.THROTTLES[scope]
    return rate_limits.count(scope, rate_limits.client_networks(request), limit=limit, seconds=seconds)
