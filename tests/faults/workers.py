"""Celery workers that can be killed: each a process group of its own, on a broker of files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from celery import Celery
from django.db import connection

from config.celery import QueueName, _transport
from notifications.campaigns.progress import progress_of
from notifications.models import Campaign
from tools.bench.push.celery_processes import CeleryProcesses, end_connections

__all__ = ["Auditor", "Workers", "end_connections", "leases_run_out", "until"]


class Workers(CeleryProcesses):
    """Celery workers and their beat, which a test can also wake by itself."""

    def wake(self, task: str) -> None:
        """Put a task into the broker's folder, as the beat does."""
        with Celery() as app:
            app.conf.update(_transport(self.environment["BROKER_URL"]), task_default_queue=QueueName.UPKEEP)
            app.send_task(task)


class Auditor(threading.Thread):
    """Adds up a campaign's counts over a second connection, again and again until `end`."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(daemon=True)
        self._campaign = campaign
        self._over = threading.Event()
        self.looks = 0
        self.faults: list[str] = []

    def run(self) -> None:
        before = {"accepted": 0, "skipped": 0, "unknown": 0}
        try:
            while not self._over.is_set():
                counts = progress_of(self._campaign)
                self.looks += 1
                parts = sum(counts["rejected"].values()) + sum(
                    counts[name] for name in ("accepted", "unknown", "pending", "skipped")
                )
                if counts["devices"] != parts or counts["pending"] < 0:
                    self.faults.append(f"does not add up: {counts}")
                if any(counts[name] < before[name] for name in before):
                    self.faults.append(f"went backwards from {before}: {counts}")
                before = {name: counts[name] for name in before}
                self._over.wait(0.01)
        finally:
            connection.close()

    def end(self) -> None:
        """Stop the thread."""
        self._over.set()
        self.join(timeout=10)


def until(check: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until the check is true."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)


def leases_run_out(raw_sql: psycopg.Connection[Any]) -> int:
    """End all leases; return how many batches were claimed and not settled."""
    return raw_sql.execute(
        "UPDATE notifications_batch SET lease_until = now() - interval '1 ms' WHERE state = 'claimed'"
    ).rowcount
