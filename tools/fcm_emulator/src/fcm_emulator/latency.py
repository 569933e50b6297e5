"""How long answers take: a fixed time, or a spread of times that is the same in every run."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from math import exp, log
from statistics import NormalDist

#: So many answers in a row have exactly the spread that was asked for.
TURNS = 4096
_P99 = NormalDist().inv_cdf(0.99)


class Fixed:
    """Every answer takes the same time."""

    def __init__(self, milliseconds: float = 0) -> None:
        self.asked: object = round(milliseconds)
        self._seconds = milliseconds / 1000

    def seconds(self, turn: int) -> float:
        """Return the seconds that answer number `turn` takes."""
        return self._seconds


class Spread:
    """Log-normal, by its median and its 99th percentile in milliseconds: most answers are near the first, a few far beyond."""

    def __init__(self, p50: float, p99: float) -> None:
        self.asked: object = {"p50": p50, "p99": p99}
        self._times = _times(p50, p99)

    def seconds(self, turn: int) -> float:
        """Return the seconds that answer number `turn` takes."""
        return self._times[turn % TURNS]


@lru_cache(maxsize=8)
def _times(p50: float, p99: float) -> tuple[float, ...]:
    width = log(p99 / p50) / _P99
    return tuple(p50 / 1000 * exp(width * deviation) for deviation in _deviations())


@lru_cache(maxsize=1)
def _deviations() -> tuple[float, ...]:
    """Return the middles of TURNS equal shares of the normal distribution, in an order without order that never changes."""
    shuffled = sorted(range(TURNS), key=lambda number: blake2b(number.to_bytes(2), digest_size=8).digest())
    return tuple(NormalDist().inv_cdf((number + 0.5) / TURNS) for number in shuffled)
