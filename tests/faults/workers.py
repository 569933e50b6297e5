"""Celery workers that can be killed: each a process group of its own, on a broker of files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from celery import Celery
from django.db import connection

from config.celery import QueueName, _transport
from notifications.campaigns.progress import progress_of
from notifications.models import Campaign
from tests.processes import ROOT, Emulator

#: The application name of the workers in the database.
_NAME = "fault-test"


class Workers:
    """Starts and kills Celery workers and their beat."""

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        #: The beat's record of its last runs.
        self.timetable = folder / "beat"
        given = connection.settings_dict
        self.environment = os.environ | {
            "DATABASE_URL": f"postgresql://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
            f"?application_name={_NAME}",
            "BROKER_URL": f"filesystem://{folder}/broker",
            "FCM_ENDPOINT": emulator.url,
            "FIREBASE_PROJECTS": json.dumps({emulator.project: str(emulator.credentials_file)}),
            "FCM_MESSAGES_PER_MINUTE": "6000000",
        }

    def start(self, *within: str) -> subprocess.Popen[bytes]:
        """Start one worker of two processes, by the command `within` if given."""
        options = ("--without-mingle", "--without-gossip", "--concurrency", "2", "-Q", "delivery,upkeep")
        return self._celery("worker", *options, within=within)

    def start_beat(self) -> subprocess.Popen[bytes]:
        """Start the beat."""
        return self._celery("beat", "--pidfile=", "-s", str(self.timetable))

    def wake(self, task: str) -> None:
        """Put a task into the broker's folder, as the beat does."""
        with Celery() as app:
            app.conf.update(_transport(self.environment["BROKER_URL"]), task_default_queue=QueueName.UPKEEP)
            app.send_task(task)

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill -9 a worker with all its processes."""
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(timeout=10)
        self._running.remove(worker)

    def stop(self, worker: subprocess.Popen[bytes]) -> None:
        """Terminate a worker, which finishes its current task first."""
        worker.terminate()
        worker.wait(timeout=30)
        self._running.remove(worker)

    def end(self) -> None:
        """Kill all that still run."""
        for process in list(self._running):
            self.kill(process)

    def log(self) -> str:
        """Return the log of all workers so far."""
        return (self._folder / "workers.log").read_text()

    def _celery(self, *arguments: str, within: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        with (self._folder / "workers.log").open("ab") as log:
            process = subprocess.Popen(
                [*within, sys.executable, "-m", "celery", "-A", "config.celery", *arguments, "--loglevel", "INFO"],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._running.append(process)
        return process


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


def end_connections() -> None:
    """End the connections that killed workers left open."""
    # The server notices a killed worker a moment later; until then its connection would keep the tables from being emptied.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s",
            [_NAME],
        )
