"""Instants at which a worker is killed with all its processes: before or after a step of sending, or within a transaction.

A worker that is started with `--include tools.faults.crash_points` dies as soon as one of its processes comes to the instant that
the environment variable CRASH_AT names. The product knows nothing of it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any, NamedTuple

VARIABLE = "CRASH_AT"


class CrashPoint(NamedTuple):
    """A function of the product, by module and name, and whether the worker dies before it begins or after it has returned."""

    module: str
    function: str
    after: bool
    #: Only after it has done what it is for, and returned a true value: a claim that finds nothing is none.
    done: bool = False
    #: Seconds between the function's end and the worker's.
    pause: float = 0.0


_DELIVERY = "notifications.delivery."
#: In the order in which a campaign comes to them.
POINTS: dict[str, CrashPoint] = {
    "before-the-freeze": CrashPoint(_DELIVERY + "planner", "plan_audience", after=False),
    "in-the-freeze-after-its-waves": CrashPoint(_DELIVERY + "planner", "_write_waves", after=True),
    "in-the-freeze-after-its-canaries": CrashPoint(_DELIVERY + "planner", "_write_canaries", after=True),
    "in-the-freeze-after-its-batches": CrashPoint(_DELIVERY + "planner", "_write_batches", after=True),
    "after-the-freeze": CrashPoint(_DELIVERY + "planner", "plan_audience", after=True, done=True),
    "before-the-help-is-checked": CrashPoint(_DELIVERY + "scheduler", "check_help", after=False),
    "after-the-help-is-checked": CrashPoint(_DELIVERY + "scheduler", "check_help", after=True),
    "before-a-claim": CrashPoint(_DELIVERY + "claims", "claim_batch", after=False),
    "after-a-claim": CrashPoint(_DELIVERY + "claims", "claim_batch", after=True, done=True),
    "before-a-batch-is-read": CrashPoint(_DELIVERY + "batch_rows", "read_batch", after=False),
    "after-a-batch-is-read": CrashPoint(_DELIVERY + "batch_rows", "read_batch", after=True),
    "before-the-requests": CrashPoint(_DELIVERY + "fcm", "Sender.send", after=False),
    "after-the-requests-have-begun": CrashPoint(_DELIVERY + "fcm", "Sender.send", after=True, pause=0.2),
    "before-a-settlement": CrashPoint(_DELIVERY + "claims", "settle", after=False),
    "after-a-settlement": CrashPoint(_DELIVERY + "claims", "settle", after=True, done=True),
    "after-a-wake-up": CrashPoint("notifications.tasks", "_wake_workers", after=True),
    # Within its transaction: the counts are written, and the batches deleted.
    "in-the-fold-before-its-state": CrashPoint(_DELIVERY + "scheduler", "advance", after=False),
    "after-the-fold": CrashPoint(_DELIVERY + "scheduler", "fold", after=True, done=True),
}


def _crash() -> None:
    # A worker leads a process group of its own.
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _dying(function: Callable[..., Any], point: CrashPoint) -> Callable[..., Any]:
    @wraps(function)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        if not point.after:
            _crash()
        result = function(*arguments, **named)
        if result or not point.done:
            time.sleep(point.pause)
            _crash()
        return result

    return wrapped


def install(name: str) -> None:
    """Let this process and its children die at an instant."""
    point = POINTS[name]
    owner: Any = import_module(point.module)
    *outer, last = point.function.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, last, _dying(getattr(owner, last), point))


if VARIABLE in os.environ:
    install(os.environ[VARIABLE])
