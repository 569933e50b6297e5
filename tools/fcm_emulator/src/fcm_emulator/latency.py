"""How long responses take: a fixed time, or a spread of times that is the same in every run."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from math import exp, log
from statistics import NormalDist

#: So many responses in a row have exactly the given spread.
PERIOD = 4096
_P99 = NormalDist().inv_cdf(0.99)


class FixedLatency:
    """The same time for every response."""

    def __init__(self, milliseconds: float = 0) -> None:
        #: The value in the fault plan.
        self.setting: object = round(milliseconds)
        self._seconds = milliseconds / 1000

    def seconds(self, number: int) -> float:
        """Return the latency in seconds of a response by its number."""
        return self._seconds


class LatencySpread:
    """A log-normal spread, given by its median and its 99th percentile in milliseconds."""

    def __init__(self, p50: float, p99: float) -> None:
        #: The value in the fault plan.
        self.setting: object = {"p50": p50, "p99": p99}
        self._times = _times(p50, p99)

    def seconds(self, number: int) -> float:
        """Return the latency in seconds of a response by its number."""
        return self._times[number % PERIOD]


@lru_cache(maxsize=8)
def _times(p50: float, p99: float) -> tuple[float, ...]:
    width = log(p99 / p50) / _P99
    return tuple(p50 / 1000 * exp(width * deviation) for deviation in _deviations())


@lru_cache(maxsize=1)
def _deviations() -> tuple[float, ...]:
    """Return the medians of PERIOD equal shares of the normal distribution, shuffled in an order that never changes."""
    shuffled = sorted(range(PERIOD), key=lambda number: blake2b(number.to_bytes(2), digest_size=8).digest())
    return tuple(NormalDist().inv_cdf((number + 0.5) / PERIOD) for number in shuffled)
