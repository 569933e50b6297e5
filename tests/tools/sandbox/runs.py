"""Start ./run from a test, without the tests' own settings in its environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tools.sandbox import environment, kept_database, published
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import session_members

ROOT = Path(__file__).resolve().parents[3]


def plain_environment() -> dict[str, str]:
    """Return the environment as at a terminal, without Fingerpost's settings, and with the bytecode that the tests share."""
    plain = {
        name: value for name, value in environment.without_settings(os.environ).items() if not name.startswith("FINGERPOST_")
    }
    shared = os.environ.get(environment.BYTECODE)
    return {**plain, environment.BYTECODE: shared} if shared else plain


def shared_release() -> dict[str, str]:
    """Return the setting with which a sandbox begins with a copy of one that has a release, made once for a run of the tests."""
    return {published.KEPT_IN: os.environ[published.KEPT_IN]} if published.KEPT_IN in os.environ else {}


def migrated_database() -> dict[str, str]:
    """Return the setting with which a measurement's own cluster begins with a copy of the tests' migrated database."""
    return {kept_database.KEPT: os.environ[kept_database.KEPT]} if kept_database.KEPT in os.environ else {}


@contextmanager
def usual_signals() -> Iterator[None]:
    """Restore the handlers of signals that a sandbox in this process replaces."""
    before = {number: signal.getsignal(number) for number in Interrupts.SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def left_running(run_dir: Path) -> list[str]:
    """Return the command lines of the processes that have this run folder in their environment or command line."""
    mark = str(run_dir).encode()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if mark in (folder / "environ").read_bytes() or mark in (folder / "cmdline").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


class Run:
    """A ./run under test, in a run folder and on a port of its own."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        self.run_dir = folder / "run"
        self.port = any_free_port()
        self.out, self.err = (folder / f"{self.port}.{name}" for name in ("out", "err"))
        self.environment = {
            **plain_environment(), "FINGERPOST_RUN_DIR": str(self.run_dir), "PORT": str(self.port), **settings
        }  # fmt: skip
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = self._start(out, err, arguments)

    @staticmethod
    def surroundings() -> dict[str, str]:
        """Return the environment of a terminal."""
        return plain_environment()

    def _start(self, out: IO[bytes], err: IO[bytes], arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
        command = [str(ROOT / "run"), *arguments]
        return subprocess.Popen(
            command, cwd=self.run_dir.parent, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )

    @property
    def output(self) -> str:
        return self.out.read_text()

    @property
    def errors(self) -> str:
        return self.err.read_text()

    def until(self, text: str, patience: float = 180) -> None:
        """Wait until the output contains the text; fail if the output has not grown for `patience` seconds."""
        size, moved = 0, time.monotonic()
        while text not in self.output:
            assert self.process.poll() is None, f"./run ended:\n{self.output}\n{self.errors}"
            if len(self.output) > size:
                size, moved = len(self.output), time.monotonic()
            assert time.monotonic() - moved < patience, f"no {text!r} in:\n{self.output}\n{self.errors}"
            time.sleep(0.1)

    def end(self, how: signal.Signals, seconds: float = 60) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(how)
        return self.process.wait(seconds)

    def make_sure_it_ended(self) -> None:
        """End the run if a failed test has left it running."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)


@contextmanager
def busy_loops(count: int, *, beside: Sequence[int] = ()) -> Iterator[list[int]]:
    """Run busy loops and hold them on one core, together with other processes and all that these start meanwhile.

    Each loop leads a session of its own, like any other program of the machine. A process in `beside` that leads a session stands
    for all of it. Yields the process ids of the loops.
    """
    every, one = os.sched_getaffinity(0), {min(os.sched_getaffinity(0))}
    command = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(command, start_new_session=True) for _ in range(count)]
    try:
        for pid in (*(process.pid for process in loops), *_with_sessions(beside)):
            _hold(pid, one)
        yield [process.pid for process in loops]
    finally:
        for process in loops:
            process.kill()
            process.wait()
        for pid in _with_sessions(beside):
            _hold(pid, every)


def _with_sessions(pids: Sequence[int]) -> list[int]:
    return [member for pid in pids for member in ({pid} | {process.pid for process in session_members(pid)})]


def _hold(pid: int, cores: set[int]) -> None:
    """Hold all threads of a process on these cores; a process that has ended is no error."""
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)
