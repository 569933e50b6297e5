"""The disk of PostgreSQL's write-ahead log is full: the server ends, and nobody can start it until there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tools.faults.abandoned import abandoned_claims
from tools.faults.rig import Rig, until
from tools.faults.verdict import Verdict

#: Bytes of the log's disk beside what is there: some segments of 16 MB.
_SPARE = 96 * 1024**2
#: Each new segment takes room, and no checkpoint makes some.
_OPTIONS = {"wal_recycle": "off", "checkpoint_timeout": "30min"}
#: Segments that may have been made in advance.
_SEGMENTS = 100


def prevented() -> str:
    """Return why no file system can be mounted here, or ""."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return "a disk of its own needs root and the program mount"
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            return f"this machine allows no further file system: {tried.stderr.strip()}"
        subprocess.run(["umount", folder], check=True)
    return ""


def log_disk_full(rig: Rig) -> Verdict:
    """Fill the disk of the log in mid-campaign. PostgreSQL ends; a person makes room and starts it, and sending goes on."""
    disk = rig.readable("log-disk")
    rig.stop_database()
    with rig.postgres.log_on_small_disk(disk, spare=_SPARE):
        try:
            rig.postgres.start_again(options=_OPTIONS)
            return _fill_and_free(rig, disk)
        finally:
            rig.processes.end()
            rig.end_watch()
            with suppress(ValueError):
                # It may have ended by itself.
                rig.stop_database()


def _fill_and_free(rig: Rig, disk: Path) -> Verdict:
    with abandoned_claims() as abandoned:
        worker = rig.worker()
        campaign = rig.campaign()
        rig.under_way(campaign)
        with _filled(disk):
            _use_up_the_segment(rig)
            until(lambda: not rig.postgres.is_running, 60, "PostgreSQL did not end while its log had no room")
            began = time.monotonic()
            rig.says("does not answer")
            refused = _cannot_be_started(rig)
            time.sleep(max(0.0, began + rig.seconds(20, 3) - time.monotonic()))
        rig.postgres.start_again(options=_OPTIONS)
        returned, before = time.monotonic(), rig.messages(campaign)
        until(lambda: rig.messages(campaign) > before, 90, "nothing was sent after there was room again")
        resumed = time.monotonic() - returned
        verdict = rig.judge(
            campaign, rig.finish(campaign), may_double=abandoned.devices(campaign.pk), within=rig.seconds(150, 90) + 2 * 55
        )  # fmt: skip
    verdict.counted = f"the first message {resumed:.0f} s after PostgreSQL's return"
    if not refused:
        verdict.faults.append("PostgreSQL could be started although its disk was full")
    if worker.poll() is not None:
        verdict.faults.append(f"the worker ended with status {worker.poll()}")
    return verdict


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """Use up all room of a file system."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(64 * 1024)):
            pass
    try:
        yield
    finally:
        filler.unlink()


def _use_up_the_segment(rig: Rig) -> None:
    """Let the log need a new segment, as it does by itself each 16 MB."""
    with suppress(psycopg.OperationalError), rig.postgres.superuser() as session:
        for _ in range(_SEGMENTS):
            session.execute("SELECT pg_logical_emit_message(true, 'fault run', 'a record')")
            session.execute("SELECT pg_switch_wal()")


def _cannot_be_started(rig: Rig) -> bool:
    try:
        rig.postgres.start_again(options=_OPTIONS)
    except RuntimeError:
        return True
    return False
