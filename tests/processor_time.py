"""How long something takes on the processor, whatever else runs on the machine and in this process."""

from __future__ import annotations

import time
from collections.abc import Callable


def least_seconds(act: Callable[[], object], times: int = 3) -> float:
    """Return the processor time in seconds of this thread for an act, the least of a few.

    The first may load what later ones have at hand, and a collection of garbage in a process with many objects takes a second.
    """
    return min(_seconds(act) for _ in range(times))


def _seconds(act: Callable[[], object]) -> float:
    before = time.thread_time()
    act()
    return time.thread_time() - before
