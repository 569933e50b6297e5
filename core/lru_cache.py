"""A bounded cache of values that can be made again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from cachetools import LRUCache

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class WeightedLruCache(Generic[_Key, _Value]):
    """The most recently used values, with a total weight of at most `limit`; safe between threads."""

    def __init__(self, limit: int, weigh: Callable[[_Value], int] = lambda _: 1) -> None:
        # A value heavier than the limit is held too, alone.
        self._held: LRUCache[_Key, _Value] = LRUCache(limit, getsizeof=lambda value: min(weigh(value), limit))
        self._lock = threading.Lock()

    @property
    def weight(self) -> int:
        """Return the total weight of the values held."""
        return int(self._held.currsize)

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """Return the value of the key, made now if it is not held; an error that `make` raises is not cached."""
        with self._lock:
            if key in self._held:
                return self._held[key]
        # Without the lock: two threads may make the same value, but nobody waits for another key's.
        value = make()
        with self._lock:
            return self._held.setdefault(key, value)

    def clear(self) -> None:
        """Drop every value."""
        with self._lock:
            self._held.clear()
