"""Celery's part: wake up. What there is to do stands in PostgreSQL; losing or doubling every wake-up changes nothing.

config/celery.py routes these tasks to the queue `delivery`.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import shared_task

from notifications.delivery import scheduler, worker

#: Seconds for which one wake-up sends; then the next one takes over, so that a worker can end in between.
DELIVER_SECONDS = 20.0
#: A wake-up that was on its way for longer than this is not needed any more: there is one each second.
STALE_SECONDS = 5.0
#: Held by the sender among a worker's processes, which inherit this nameless file: a POSIX lock belongs to one process, and goes
#: with it however that ends. The second lock does the same among the threads of one process.
_AMONG_PROCESSES, _name = tempfile.mkstemp(prefix="fingerpost-")
os.unlink(_name)
_AMONG_THREADS = threading.Lock()


@shared_task(name="notifications.tasks.tick")  # type: ignore[untyped-decorator]
def tick(**_unknown: Any) -> None:
    """Do what is due, each second; wake the senders when there is something to send."""
    now = scheduler.database_now()
    if scheduler.tick(at=now):
        deliver.delay(woken_at=now.timestamp())


@shared_task(name="notifications.tasks.deliver")  # type: ignore[untyped-decorator]
def deliver(*, woken_at: float, **_unknown: Any) -> None:
    """Send what is due; one sender a worker, however many wake-ups there are."""
    if scheduler.database_now().timestamp() - woken_at > STALE_SECONDS:
        return
    with _only_sender() as alone:
        settled = worker.run(seconds=DELIVER_SECONDS) if alone else 0
    if settled:
        deliver.delay(woken_at=scheduler.database_now().timestamp())


@contextmanager
def _only_sender() -> Iterator[bool]:
    """Tell whether this is the only sender of its worker: the worker's other processes stay free for the planner."""
    if not _AMONG_THREADS.acquire(blocking=False):
        yield False
        return
    alone = _locked()
    try:
        yield alone
    finally:
        if alone:
            fcntl.lockf(_AMONG_PROCESSES, fcntl.LOCK_UN)
        _AMONG_THREADS.release()


def _locked() -> bool:
    try:
        fcntl.lockf(_AMONG_PROCESSES, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
