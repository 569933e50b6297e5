"""A memory with an upper bound, for whatever can be made again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """The values asked for last, together no heavier than `most`; safe between threads."""

    def __init__(self, most: int, weigh: Callable[[_Value], int] = lambda _: 1) -> None:
        self._most, self._weigh = most, weigh
        self._held: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = threading.Lock()
        self.weight = 0

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """Return the value of the key, made now if it is not held; what `make` raises is not remembered."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        value = make()
        with self._lock:
            if key not in self._held:
                self._held[key] = value
                self.weight += self._weigh(value)
            while self.weight > self._most and len(self._held) > 1:
                _, dropped = self._held.popitem(last=False)
                self.weight -= self._weigh(dropped)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self.weight = 0
