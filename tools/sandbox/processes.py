"""Child processes that leave nothing behind: each in a session of its own, stopped as a group, and written down.

What is written down lets the next start end what an interrupted one left running, and nothing else: a process counts as ours
only with the same id, the same moment of birth and the same boot.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tools.sandbox.paths import Places, read_json, write_json

#: In the environment of every process that a sandbox keeps up: its run folder.
MARK = "FINGERPOST_STARTED_FOR"
_PR_SET_CHILD_SUBREAPER = 36
#: The `nice` value of what gives way to readers.
_LOWER = 10


@dataclass(frozen=True)
class Owner:
    """The user and group that a process runs as, without any further group."""

    uid: int
    gid: int


class Child:
    """One process with its log; it leads its own session, so that a Ctrl-C at the terminal reaches the supervisor alone."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        cwd: str,
        owner: Owner | None = None,
        stop_with: signal.Signals = signal.SIGTERM,
        patience: float = 6,
        gives_way: bool = False,
    ) -> None:
        self.name, self.environment, self.log = name, dict(environment), log
        self.command = [*(("nice", "-n", str(_LOWER)) if gives_way else ()), *command]
        self.cwd, self.owner, self.stop_with, self.patience, self.gives_way = cwd, owner, stop_with, patience, gives_way
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; its output is added to its log."""
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
        if self.gives_way:
            # Where the kernel groups by session, sessions share alike whatever `nice` says of a process in one (sched(7)).
            with suppress(OSError):
                Path(f"/proc/{self.pid}/autogroup").write_text(str(_LOWER), encoding="ascii")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self.process.poll() if self.process else None

    def ask_to_stop(self) -> None:
        """Send the signal that this program takes as a request to end."""
        if self.process and self.poll() is None:
            self.process.send_signal(self.stop_with)

    def wait_or_kill(self, deadline: float) -> None:
        """Wait until the deadline (monotonic), then end the whole group, its leader's own children included."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        kill_group(self.process.pid)
        self.process.wait()
        reap(self.process.pid)
        self.process = None


class Processes:
    """The processes of one sandbox, in the order of their start."""

    def __init__(self, places: Places, interrupts: Interrupts) -> None:
        self.record = places.run / "processes.json"
        self.mark = str(places.run)
        self.interrupts = interrupts
        self.children: list[Child] = []
        _adopt_orphans()

    def start(self, child: Child) -> Child:
        """Start and write down; a Ctrl-C in between waits until it is written down."""
        # Whoever is killed between the start and the writing down leaves the mark at least.
        child.environment[MARK] = self.mark
        with self.interrupts.held():
            child.start()
            if child not in self.children:
                self.children.append(child)
            self._write()
        return child

    def stop(self) -> None:
        """Stop all: what serves and works first, together, and the database they use last."""
        others = [child for child in self.children if child.name != "postgres"]
        for child in others:
            child.ask_to_stop()
        now = time.monotonic()
        for child in sorted(others, key=lambda child: child.patience):
            child.wait_or_kill(now + child.patience)
        for child in self.children:
            if child not in others:
                child.ask_to_stop()
                child.wait_or_kill(time.monotonic() + child.patience)
        self.children.clear()
        self.record.unlink(missing_ok=True)

    def _write(self) -> None:
        table = _table()
        running = [child for child in self.children if child.poll() is None]
        rows = [{"name": child.name, "pid": child.pid, "born": table.get(child.pid, ("", 0))[0]} for child in running]
        write_json(self.record, {"boot": _boot(), "processes": rows})


def stop_leftovers(places: Places) -> list[str]:
    """End what an earlier run left behind when it was killed itself; return the names of what was still there."""
    record = places.run / "processes.json"
    kept = read_json(record)
    found: dict[int, str] = {}
    if kept.get("boot") == _boot():
        table = _table()
        for row in reversed(kept.get("processes", [])):
            born, _ = table.get(row["pid"], (row["born"], 0))
            # Another process with this id is none of ours; without a leader, its children are.
            if born == row["born"] and any(session == row["pid"] for _, session in table.values()):
                found[row["pid"]] = row["name"]
    for pid, name in found.items():
        _end_session(pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
    for leader in _marked(places):
        found.setdefault(leader, "a process")
        _end_session(leader, signal.SIGTERM)
    record.unlink(missing_ok=True)
    return list(found.values())


def _marked(places: Places) -> list[int]:
    """Return the sessions of processes that carry this run folder's mark in their environment (Linux)."""
    mark = f"\0{MARK}={places.run}\0".encode()
    sessions = set()
    for pid, (_, session) in _table().items():
        with suppress(OSError):
            if mark in b"\0" + Path(f"/proc/{pid}/environ").read_bytes() + b"\0":
                sessions.add(session)
    return sorted(sessions - {os.getsid(0)})


def _end_session(leader: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(leader, how)
    deadline = time.monotonic() + 10
    while any(session == leader for _, session in _table().values()) and time.monotonic() < deadline:
        if leader not in _table() or time.monotonic() > deadline - 5:
            kill_group(leader)
        time.sleep(0.1)


def kill_group(leader: int) -> None:
    """End a process group at once and wait until it is gone; harmless when there is none."""
    for _ in range(40):
        try:
            os.killpg(leader, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
        if not any(session == leader for _, session in _table().values()):
            return
        time.sleep(0.05)


def _adopt_orphans() -> None:
    """Become the parent of our children's children when those end, so that they are seen off here too (Linux)."""
    # Otherwise they go to process 1, which in a container may be a program that never looks after them.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap(leader: int) -> None:
    """See off the ended processes of a group that have come to us."""
    with suppress(ChildProcessError):
        while os.waitpid(-leader, os.WNOHANG)[0]:
            pass


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _table() -> dict[int, tuple[str, int]]:
    """Return every live process: id to its moment of birth and its session (or group, where the system shows no session)."""
    if Path("/proc/self/stat").exists():
        return dict(_from_proc())
    answer = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,lstart="], capture_output=True, text=True, check=False)
    rows = (line.split(None, 2) for line in answer.stdout.splitlines())
    return {int(pid): (born, int(group)) for pid, group, born in rows}


def _from_proc() -> Iterator[tuple[int, tuple[str, int]]]:
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with suppress(OSError):
            # The program's name stands in brackets and may hold anything; what follows it is separated by spaces.
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            if fields[0] not in {"Z", "X"}:
                yield int(name), (fields[19], int(fields[3]))


class Interrupts:
    """Ctrl-C, SIGTERM and a closed terminal all end a run the same way: KeyboardInterrupt, once."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.depth = 0
        self.waiting = False
        self.over = False
        if threading.current_thread() is threading.main_thread():
            for number in self.SIGNALS:
                # Under nohup a closed terminal is meant to change nothing.
                if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, self._arrived)

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if self.over:
            return
        if self.depth:
            self.waiting = True
            return
        raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put an interrupt off until the end of the block."""
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
        if self.waiting and not self.depth and not self.over:
            self.waiting = False
            raise KeyboardInterrupt

    def ignore(self) -> None:
        """Take no more notice: the run is being stopped already."""
        self.over = True
