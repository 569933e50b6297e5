"""What the parts of the push bench stand on: a database of its own, an emulator, a worker and a beat, and waits that say why.

Everything runs on this machine and speaks over loopback alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any, Self

import tests.environment  # noqa: F401  safe settings before Django reads them
from tests.processes import Emulator, start_emulator
from tools.bench import usage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

PROJECT = "fingerpost-test"
#: FCM_MESSAGES_PER_MINUTE that no machine reaches: the most that the settings take. The emulator's word for it is 0.
LIFTED = 60_000_000
#: FCM's default for a project.
DEFAULT_QUOTA = 600_000


class NotInTime(Exception):
    """Something that a measurement waits for did not happen."""


@contextmanager
def database() -> Iterator[None]:
    """Make a database beside the one in DATABASE_URL, migrated; drop it at the end."""
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    databases = setup_databases(verbosity=0, interactive=False, keepdb=False)
    try:
        yield
    finally:
        teardown_databases(databases, verbosity=0)


def empty_database() -> None:
    """Remove every row, so that no part sees what another left."""
    from django.core.management import call_command
    from django.db import connection

    from tests.faults.workers import end_connections

    assert connection.settings_dict["NAME"].startswith("test_"), "only a database of the bench's own is emptied"
    end_connections()
    call_command("flush", verbosity=0, interactive=False)


class Stage:
    """One emulator and the processes that send to it; use it as a context manager."""

    def __init__(self, folder: Path, *, tls: bool = False, quota: int = 0, rate: int = LIFTED, share: float = 1.0) -> None:
        from notifications.models import Quota
        from tests.faults.workers import Workers

        # Whatever rate another emulator was worth, and how far its ramp had come.
        Quota.objects.all().delete()
        options = ("--quota", str(quota), "--check-every", "1000")
        self.emulator: Emulator = start_emulator(folder, PROJECT, *options, tls=tls)
        self.workers = Workers(folder, self.emulator)
        self.workers.environment |= self.emulator.environment
        self.workers.environment |= {"FCM_MESSAGES_PER_MINUTE": str(rate), "FCM_QUOTA_SHARE": str(share)}
        self._log = folder / "workers.log"
        self._ready = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        from tests.faults.workers import end_connections

        self.workers.end()
        self.emulator.stop()
        end_connections()

    def start(self) -> Popen[bytes]:
        """Start one worker of two processes, and the beat; return the worker once it takes wake-ups."""
        worker = self.start_worker()
        self.beat = self.workers.start_beat()
        return worker

    def start_worker(self) -> Popen[bytes]:
        """Start one worker and return it once it takes wake-ups."""
        seen = self._ready_lines()
        worker = self.workers.start()
        wait(lambda: self._ready_lines() > seen, 60, "the worker did not start")
        return worker

    def restart_beat(self) -> None:
        """End the beat and start another."""
        self.workers.kill(self.beat)
        self.beat = self.workers.start_beat()

    def sender_cpu(self, worker: Popen[bytes]) -> float:
        """Return the CPU seconds of all that sends: the worker's processes and the beat's."""
        return usage.cpu_seconds(worker.pid) + usage.cpu_seconds(self.beat.pid)

    def _ready_lines(self) -> int:
        return self._log.read_text(errors="replace").count(" ready.") if self._log.exists() else 0


def register(devices: int) -> float:
    """Make so many installations of the parent app, with real sealing; return the seconds that took."""
    from datetime import UTC, datetime

    from notifications.registrations import simulation
    from tests import make

    make.app(project=PROJECT)
    began = time.monotonic()
    simulation.register_many(devices, app="parent", country=None, at=datetime.now(UTC))
    return time.monotonic() - began


def to_everybody(**changes: Any) -> dict[str, Any]:
    """Return what makes `make.campaign` address every registered installation of a parent."""
    return {"audience": {"countries": "all", "audiences": ["parent"]}} | changes


def finish(campaign: Any, seconds: float) -> dict[str, Any]:
    """Wait until a campaign has no pending device left and is folded; return its counts, which may say that it was halted."""
    from notifications.campaigns.progress import progress_of

    ended: dict[str, Any] = {}

    def over() -> bool:
        counts = progress_of(campaign)
        if counts["halted"] or counts["finished_at"]:
            ended.update(counts)
        return bool(ended)

    # Counting takes the database milliseconds: not so often that it slows what is measured.
    wait(over, seconds, f"campaign {campaign.pk} did not end", pause=0.5)
    return ended


def wait(happened: Callable[[], bool], seconds: float, trouble: str, pause: float = 0.05) -> None:
    """Look again and again until something has happened; NotInTime with the trouble when it does not."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise NotInTime(f"{trouble} within {seconds:.0f} s")
        time.sleep(pause)


def postmaster() -> int:
    """Return the process id of the database server, whose children do its work."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
