"""The testbed of the push measurements: a database of its own, an emulator, a worker and a beat. Loopback only."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING, Any, Self

from fcm_emulator.testing import start_emulator

from tools.bench import usage
from tools.bench.push import records
from tools.bench.push.celery_processes import CeleryProcesses, end_connections
from tools.sandbox.pytest_plugins.flushing import allow_flush
from tools.sandbox.pytest_plugins.migrating import migrate_quickly

if TYPE_CHECKING:
    from notifications.models import Campaign

#: FCM_MESSAGES_PER_MINUTE that no machine reaches; the highest value that the settings accept.
NO_LIMIT = 60_000_000
#: FCM's default for a project.
DEFAULT_QUOTA = 600_000

_BEAT_SENDS = "Sending due task"

#: Settings that are safe to measure with. They are set before Django reads them.
_SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "FINGERPOST_SANDBOX": "1",
    "FCM_ENDPOINT": "http://127.0.0.1:9",
    "SECRET_KEY": "only-for-measurements",
    "SERVE_UNREVIEWED": "1",
    "ADDRESS_KEYS": "b1:" + base64.b64encode(b"b" * 32).decode(),
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)


class TimedOut(Exception):
    """Something that a measurement waits for did not happen in time."""


@contextmanager
def database() -> Iterator[None]:
    """Create a migrated database beside the one in DATABASE_URL, and drop it in the end."""
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    # From the template of the tests, where there is one.
    migrate_quickly()
    databases = setup_databases(verbosity=0, interactive=False, keepdb=False)
    try:
        yield
    finally:
        _end_other_sessions()
        teardown_databases(databases, verbosity=0)


def _end_other_sessions() -> None:
    """End all sessions of the database but ours: a pooler keeps some open, and a database in use cannot be dropped."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            """
        )


def empty_database(*, keep_facts: bool = False) -> None:
    """Delete every row, so that no measurement depends on an earlier one.

    With `keep_facts`, delete the rows of notifications alone, if facts are loaded: to load and approve them takes seconds.
    """
    from django.core.management import call_command
    from django.core.management.color import no_style
    from django.db import connection

    if not connection.settings_dict["NAME"].startswith("test_"):
        raise RuntimeError("only a database that a measurement created may be emptied")
    end_connections()
    allow_flush()
    if keep_facts and records.facts_are_loaded():
        tables = [name for name in connection.introspection.django_table_names() if name.startswith("notifications_")]
        flush = connection.ops.sql_flush(no_style(), tables, reset_sequences=True)
        connection.ops.execute_sql_flush(flush)
        return
    call_command("flush", verbosity=0, interactive=False)


class Testbed:
    """An emulator and the processes that send to it; use it as a context manager."""

    def __init__(self, folder: Path, *, tls: bool = False, quota: int = 0, rate: int = NO_LIMIT, share: float = 1.0) -> None:
        from notifications.models import Quota

        # A quota remembers the rate and the ramp that it reached with an earlier emulator.
        Quota.objects.all().delete()
        options = ("--quota", str(quota), "--check-every", "1000")
        self.emulator = start_emulator(folder, records.PROJECT, *options, tls=tls)
        self.processes = CeleryProcesses(folder, self.emulator)
        self.processes.environment |= self.emulator.environment
        self.processes.environment |= {"FCM_MESSAGES_PER_MINUTE": str(rate), "FCM_QUOTA_SHARE": str(share)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.processes.end()
        self.emulator.stop()
        end_connections()

    def start(self) -> Popen[bytes]:
        """Start one worker with two processes, and the beat; return the worker once it accepts tasks and the beat sends some."""
        worker = self.start_worker()
        before = self.processes.log().count(_BEAT_SENDS)
        self.beat = self.processes.start_beat()
        wait(lambda: self.processes.log().count(_BEAT_SENDS) > before, 120, "the beat did not start")
        return worker

    def start_worker(self) -> Popen[bytes]:
        """Start a worker; return it once it accepts tasks."""
        before = self.processes.log().count(" ready.")
        worker = self.processes.start()
        wait(lambda: self.processes.log().count(" ready.") > before, 120, "the worker did not start")
        return worker

    def restart_beat(self) -> None:
        """Kill the beat and start another."""
        self.processes.kill(self.beat)
        self.beat = self.processes.start_beat()

    def sender_cpu(self, worker: Popen[bytes]) -> float:
        """Return the processor time in seconds of the worker's processes and the beat."""
        return usage.cpu_seconds(worker.pid) + usage.cpu_seconds(self.beat.pid)


def register(devices: int) -> float:
    """Create the parent app and register so many installations of it; return the seconds that the registration took."""
    records.create_app()
    began = time.monotonic()
    records.register_devices(devices)
    return time.monotonic() - began


def finish(campaign: Campaign, seconds: float) -> dict[str, Any]:
    """Wait until a campaign has ended or was halted; return its progress. TimedOut if it takes longer than `seconds`."""
    from notifications.campaigns.progress import progress_of

    ended: dict[str, Any] = {}

    def over() -> bool:
        progress = progress_of(campaign)
        if progress["halted"] or progress["finished_at"]:
            ended.update(progress)
        return bool(ended)

    def ended_or_halted() -> bool:
        row = type(campaign).objects.filter(pk=campaign.pk).values_list("finished_at", "state").first()
        return row is not None and (row[0] is not None or row[1] == "halted") and over()

    # Counting costs the database milliseconds, which must not slow down what is measured: twenty times a second, one row is read.
    wait(ended_or_halted, seconds, f"campaign {campaign.pk} did not end")
    return ended


def wait(happened: Callable[[], bool], seconds: float, trouble: str, pause: float = 0.05) -> None:
    """Wait until something has happened. TimedOut with the text `trouble` if it takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimedOut(f"{trouble} within {seconds:.0f} s")
        time.sleep(pause)


def postmaster() -> int:
    """Return the id of the database server's main process, whose children do its work."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
