"""A PostgreSQL that a fault run stops, kills, sets the clock of, and puts back to an earlier snapshot of its disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg

from tools.faults.clock import WrongClock
from tools.sandbox import postgres
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import ManagedProcess, ManagedProcesses, kill_group

PASSWORDS = ("superuser-of-a-test", "role-of-a-test")


class PostgresServer:
    """A cluster on its own port, which stays the same from start to start."""

    def __init__(
        self, cluster: postgres.Cluster, processes: ManagedProcesses, log: Path, *, passwords: tuple[str, str] = PASSWORDS
    ) -> None:
        self._cluster, self._processes, self._log, self._passwords = cluster, processes, log, passwords
        self.port = any_free_port()
        self._process: ManagedProcess | None = None

    @property
    def url(self) -> str:
        """Return DATABASE_URL."""
        return self._cluster.url(self.port, self._passwords[1])

    def start(self) -> str:
        """Create the cluster and start it; return DATABASE_URL."""
        postgres.start(self._cluster, self._processes, self.port, self._log, *self._passwords)
        self._process = next(process for process in reversed(self._processes.running) if process.name == "postgres")
        return self.url

    @property
    def _as_superuser(self) -> str:
        return f"postgresql://{postgres.SUPERUSER}:{self._passwords[0]}@127.0.0.1:{self.port}/postgres"

    def superuser(self) -> psycopg.Connection[tuple[object, ...]]:
        """Return a session of the superuser, to be closed."""
        return psycopg.connect(self._as_superuser, autocommit=True)

    def start_again(self, clock: WrongClock | None = None, options: Mapping[str, str] | None = None) -> None:
        """Start it again after `stop` or `kill`, with a clock of its own or with further settings if they are given."""
        configured = replace(self._cluster, options={**self._cluster.options, **(options or {})})
        process = configured.server_process(self.port, self._log)
        if clock is not None:
            process.environment |= clock.environment(threads=False)
        self._process = self._processes.start(process)
        deadline = time.monotonic() + postgres.START_TIMEOUT
        while not self._cluster.ready(self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start again: {self._log.read_text(errors='replace')[-500:]}")
            time.sleep(0.05)

    def start_if_down(self) -> None:
        """Start it again if a run that failed has left it stopped."""
        if not self.is_running:
            self.start_again()

    def stop(self) -> None:
        """Shut it down in order."""
        process = self._running()
        process.request_stop()
        process.wait_or_kill(time.monotonic() + process.stop_timeout)
        self._processes.running.remove(process)

    def kill(self) -> None:
        """Kill all of its processes."""
        process = self._running()
        postmaster = psutil.Process(process.pid)
        # It could start another backend meanwhile, which would outlive it for a moment and keep a new server from starting.
        postmaster.suspend()
        # Each backend leads a session of its own.
        backends = postmaster.children(recursive=True)
        kill_group(process.pid)
        for backend in backends:
            with suppress(psutil.NoSuchProcess):
                backend.kill()
        psutil.wait_procs(backends, timeout=10)
        process.wait_or_kill(time.monotonic())
        self._processes.running.remove(process)

    def copy_data(self, target: Path) -> None:
        """Copy its data folder while it is stopped: a snapshot of the disk."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self._cluster.data, target, symlinks=True)

    def put_back(self, source: Path) -> None:
        """Replace its data folder by such a copy while it is stopped."""
        shutil.rmtree(self._cluster.data)
        shutil.copytree(source, self._cluster.data, symlinks=True)
        self._cluster.data.chmod(0o700)
        self._give_away_all(self._cluster.data)

    def start_standby(self, data: Path) -> PostgresServer:
        """Start a server that streams what this one writes and is always a moment behind; return it.

        It has a port of its own, and takes no writes until `promote`.
        """
        self.base_backup(data, "--write-recovery-conf")
        self._give_away_all(data)
        standby = PostgresServer(replace(self._cluster, data=data), self._processes, self._log.with_name("standby.log"))
        standby.start_again()
        return standby

    def promote(self) -> None:
        """Let a standby become a server of its own, on a new timeline; return when it takes writes."""
        with self.superuser() as session:
            session.execute("SELECT pg_promote(wait => true)")

    @contextmanager
    def log_on_small_disk(self, disk: Path, *, spare: int) -> Iterator[None]:
        """Move the write-ahead log to a file system of its own with so many spare bytes, while the server is stopped.

        It has to be stopped again in the end. Root alone may mount file systems.
        """
        log, moved = self._cluster.data / "pg_wal", self._cluster.data / "pg_wal.moved"
        size = spare + sum(path.stat().st_size for path in log.rglob("*"))
        disk.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(disk)], check=True, timeout=20)
        try:
            shutil.copytree(log, disk / "pg_wal", symlinks=True)
            self._give_away_all(disk / "pg_wal")
            log.rename(moved)
            log.symlink_to(disk / "pg_wal")
            try:
                yield
            finally:
                log.unlink()
                shutil.copytree(disk / "pg_wal", log, symlinks=True)
                log.chmod(0o700)
                self._give_away_all(log)
                shutil.rmtree(moved)
        finally:
            subprocess.run(["umount", str(disk)], check=True, timeout=20)

    @property
    def is_running(self) -> bool:
        """Return whether its main process has not ended."""
        return self._running() in self._processes.running and self._running().poll() is None

    def new_archive(self, folder: Path) -> dict[str, str]:
        """Create a folder for the segments of the log; return the settings by which the server copies each into it."""
        folder.mkdir(mode=0o700)
        self._give_away(folder)
        return {"archive_mode": "on", "archive_command": f"test ! -f {folder}/%f && cp %p {folder}/%f"}

    def base_backup(self, target: Path, *more: str) -> None:
        """Copy the running server's data folder by pg_basebackup, with more options if they are given."""
        shutil.rmtree(target, ignore_errors=True)
        self._call(
            "pg_basebackup", f"--dbname={self._as_superuser}", f"--pgdata={target}", "--checkpoint=fast", "--no-sync", *more
        )

    def recover(self, base: Path, archive: Path, *, until: str) -> None:
        """Put a base backup back while the server is stopped, and start it with the log of the archive up to an instant.

        It accepts writes, on a new timeline, soon after it has got there.
        """
        (base / "recovery.signal").touch()
        self.put_back(base)
        self.start_again(
            options={
                "restore_command": f"cp {archive}/%f %p",
                "recovery_target_time": until,
                "recovery_target_action": "promote",
            }
        )

    def _give_away_all(self, folder: Path) -> None:
        """Let the server's own user own a folder and all that is in it, if it has one."""
        for path in (folder, *folder.rglob("*")):
            self._give_away(path)

    def _give_away(self, path: Path) -> None:
        """Let the server's own user own a file, if it has one."""
        if self._cluster.owner:
            os.chown(path, self._cluster.owner.uid, self._cluster.owner.gid, follow_symlinks=False)

    def has_program(self, name: str) -> bool:
        """Return whether a program, such as pg_restore, comes with this PostgreSQL."""
        return (self._cluster.binaries / name).exists()

    def dump(self, target: Path, database: str) -> None:
        """Dump a database, given by its URL, in the form that pg_restore reads."""
        self._call("pg_dump", "--format=custom", f"--file={target}", database)

    def restore_in_place(self, source: Path, database: str) -> None:
        """Replace everything in a database by what is in a dump, as `pg_restore --clean` does."""
        self._call("pg_restore", "--clean", "--if-exists", "--exit-on-error", f"--dbname={database}", str(source))

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._cluster.binaries / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with status {done.returncode}: {done.stderr.strip()[-500:]}")

    def major(self) -> str:
        """Return the major version."""
        return self._cluster.major()

    def _running(self) -> ManagedProcess:
        assert self._process is not None, "it was not started"
        return self._process
