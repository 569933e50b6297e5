"""Child processes that leave nothing behind: each leads a session of its own, is stopped as a group, and is recorded on disk.

From the record, the next start ends what an interrupted one left running, and nothing else: a process counts as ours only with
the same id and the same time of creation.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths, read_json, write_json

#: Environment variable of every process that a sandbox starts: its run folder.
MARK = "FINGERPOST_STARTED_FOR"
#: Seconds by which two readings of one process's time of creation may differ, when the system's clock was set in between.
_CREATION_TOLERANCE = 2
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Owner:
    """The user and group that a process runs as; it gets no supplementary groups."""

    uid: int
    gid: int


class ManagedProcess:
    """A process with its log. It leads a session of its own, so that Ctrl-C at the terminal reaches only the supervisor."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        cwd: str,
        owner: Owner | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_timeout: float = 6,
    ) -> None:
        self.name, self.command, self.environment, self.log = name, list(command), dict(environment), log
        self.cwd, self.owner, self.stop_signal, self.stop_timeout = cwd, owner, stop_signal, stop_timeout
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and append its output to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env=self.environment,
                user=self.owner.uid if self.owner else None,
                group=self.owner.gid if self.owner else None,
                extra_groups=[] if self.owner else None,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The id of the process, which must have been started."""
        assert self.process is not None
        return self.process.pid

    def poll(self) -> int | None:
        """Return the exit status, or None while the process is running."""
        return self.process.poll() if self.process else None

    def cpu_seconds(self) -> float:
        """Return the processor time in seconds that the running processes of this session have used so far."""
        total = 0.0
        for member in session_members(self.pid):
            with suppress(psutil.Error):
                times = member.cpu_times()
                total += times.user + times.system
        return total

    def request_stop(self) -> None:
        """Send the signal that makes this program end in an orderly way."""
        if self.process and self.poll() is None:
            self.process.send_signal(self.stop_signal)

    def wait_or_kill(self, deadline: float) -> None:
        """Wait until `deadline` (a time.monotonic() value), then kill the whole process group."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        kill_group(self.process.pid)
        self.process.wait()
        reap(self.process.pid)
        self.process = None


class ManagedProcesses:
    """The processes of one sandbox, in the order in which they were started."""

    def __init__(self, paths: Paths, interrupts: Interrupts) -> None:
        self.record = paths.run / "processes.json"
        self.mark = str(paths.run)
        self.interrupts = interrupts
        self.running: list[ManagedProcess] = []
        _adopt_orphans()

    def start(self, process: ManagedProcess) -> ManagedProcess:
        """Start a process and record it; an interrupt is deferred until it is recorded."""
        # If the sandbox is killed before the record is written, the mark still tells whose process this is.
        process.environment[MARK] = self.mark
        with self.interrupts.deferred():
            process.start()
            if process not in self.running:
                self.running.append(process)
            self._write_record()
        return process

    def stop(self) -> None:
        """Stop all processes: first everything that uses the database, together, then the database."""
        others = [process for process in self.running if process.name != "postgres"]
        for process in others:
            process.request_stop()
        now = time.monotonic()
        for process in sorted(others, key=lambda process: process.stop_timeout):
            process.wait_or_kill(now + process.stop_timeout)
        for process in self.running:
            if process not in others:
                process.request_stop()
                process.wait_or_kill(time.monotonic() + process.stop_timeout)
        self.running.clear()
        self.record.unlink(missing_ok=True)

    def _write_record(self) -> None:
        rows = [
            {"name": process.name, "pid": process.pid, "created": created}
            for process in self.running
            if process.poll() is None and (created := _created(process.pid)) is not None
        ]
        write_json(self.record, {"processes": rows})


def stop_leftovers(paths: Paths) -> list[str]:
    """End the processes that a killed run left behind; return their names."""
    record = paths.run / "processes.json"
    found: dict[int, str] = {}
    for row in reversed(read_json(record).get("processes", [])):
        created = _created(row["pid"])
        if created is not None and abs(created - row["created"]) < _CREATION_TOLERANCE:
            found[row["pid"]] = row["name"]
    for pid, name in found.items():
        _end_session(pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
    # Also what was not recorded yet, and what has lost the leader of its session.
    for leader in _marked_sessions(paths):
        found.setdefault(leader, "a process")
        _end_session(leader, signal.SIGTERM)
    record.unlink(missing_ok=True)
    return list(found.values())


def session_members(leader: int) -> list[psutil.Process]:
    """Return the running processes of a session, without zombies."""
    members = []
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):
            if os.getsid(pid) == leader and (process := psutil.Process(pid)).status() != psutil.STATUS_ZOMBIE:
                members.append(process)
    return members


def kill_group(leader: int) -> None:
    """Kill a process group and wait up to two seconds until it is gone. Does nothing if there is none."""
    for _ in range(40):
        try:
            os.killpg(leader, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
        if not session_members(leader):
            return
        time.sleep(0.05)


def reap(leader: int) -> None:
    """Collect the exit statuses of ended processes of a group that were passed on to this process."""
    with suppress(ChildProcessError):
        while os.waitpid(-leader, os.WNOHANG)[0]:
            pass


def _created(pid: int) -> float | None:
    """Return when a running process was created, in seconds since 1970, or None if there is none."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def _marked_sessions(paths: Paths) -> list[int]:
    """Return the sessions of processes that carry this run folder's mark in their environment."""
    sessions = set()
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            if process.environ().get(MARK) == str(paths.run) and process.status() != psutil.STATUS_ZOMBIE:
                sessions.add(os.getsid(process.pid))
    return sorted(sessions - {os.getsid(0)})


def _end_session(leader: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(leader, how)
    deadline = time.monotonic() + 10
    while (members := session_members(leader)) and time.monotonic() < deadline:
        if leader not in (member.pid for member in members) or time.monotonic() > deadline - 5:
            kill_group(leader)
        time.sleep(0.1)


def _adopt_orphans() -> None:
    """Become the parent of grandchildren whose parent ends, so that they are reaped here (Linux)."""
    # Otherwise process 1 becomes their parent, which in a container may be a program that never reaps.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run_in_foreground(command: list[str], cwd: Path, env: dict[str, str]) -> int:
    """Run a command with the terminal; return its exit status. When interrupted, give it time to clean up before ending it."""
    with subprocess.Popen(command, cwd=cwd, env=env) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # Ctrl-C at the terminal has reached the command too, but SIGTERM only this process.
            for number in (None, signal.SIGINT, signal.SIGKILL):
                if number:
                    process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                    break
            raise
