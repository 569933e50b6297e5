"""Celery workers and a beat on a broker of files: processes of a measurement or a test, which can be killed at any time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from fcm_emulator.testing import EmulatorProcess

ROOT = Path(__file__).resolve().parents[3]
#: The application name of the workers in the database.
APPLICATION = "killable-worker"


class CeleryProcesses:
    """Starts and kills Celery workers and their beat. Each is the leader of its own process group."""

    def __init__(self, folder: Path, emulator: EmulatorProcess) -> None:
        from django.db import connection

        self.folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        given = connection.settings_dict
        database = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
        self.environment = os.environ | {
            "DATABASE_URL": f"postgresql://{database}?application_name={APPLICATION}",
            "BROKER_URL": f"filesystem://{folder}/broker",
            "FCM_ENDPOINT": emulator.url,
            "FIREBASE_PROJECTS": json.dumps({emulator.project: str(emulator.credentials_file)}),
            "FCM_MESSAGES_PER_MINUTE": "6000000",
            # Its workers are alone on their machine: they look after no others, and no others after them.
            "HEARTBEAT_DIR": str(folder / "heartbeats"),
        }

    def start(self, *within: str, include: str = "") -> subprocess.Popen[bytes]:
        """Start a worker with two processes; return it.

        `within` is a command that runs it, such as `unshare`, and `include` a module that it imports besides.
        """
        options = ["--without-mingle", "--without-gossip", "--concurrency", "2", "-Q", "delivery,upkeep"]
        return self._celery("worker", *options, *(["--include", include] if include else []), within=within)

    def start_beat(self, *within: str) -> subprocess.Popen[bytes]:
        """Start the beat; return it. `within` is a command that runs it."""
        return self._celery("beat", "--pidfile=", within=within)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Send SIGKILL to a worker with all its processes, or to the beat."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
        self._running.remove(process)

    def stop(self, worker: subprocess.Popen[bytes]) -> None:
        """Terminate a worker, which finishes its current task first."""
        worker.terminate()
        # It sends for 20 s at the most, and settles what is under way.
        worker.wait(timeout=60)
        self._running.remove(worker)

    def end(self) -> None:
        """Kill everything that is still running."""
        for process in list(self._running):
            self.kill(process)

    def log(self) -> str:
        """Return the log of all processes so far."""
        path = self.folder / "workers.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _celery(self, *arguments: str, within: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        command = [*within, sys.executable, "-m", "celery", "-A", "config.celery", *arguments, "--loglevel", "INFO"]
        with (self.folder / "workers.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                # So that it writes a line for each task, which the callers wait for.
                env={**self.environment, "LOG_LEVEL": "DEBUG"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(process)
        return process


def end_connections() -> None:
    """End the database connections that killed workers left open."""
    from django.db import connection

    # The server notices a killed worker only after a moment. Until then its connection keeps tables from being emptied.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s",
            [APPLICATION],
        )
