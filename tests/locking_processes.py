"""Processes that lock a file of their own, as workers do, and can be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import UUID

from tests.processes import ROOT

#: Prints the id of its process, and ends when its standard input does.
_LOCKS = """
import os, sys
from pathlib import Path
from core.process_locks import ProcessLocks
locks = ProcessLocks(Path(sys.argv[1]))
print(locks.own(), flush=True)
"""
_FORKS = """
if os.fork() == 0:
    print(locks.own(), flush=True)
"""
_WAITS = "sys.stdin.read()"


class LockingProcess:
    """A process with a locked file in a folder; with `forks` also its child, which lives until its standard input ends."""

    def __init__(self, folder: Path, *, forks: bool = False) -> None:
        code = _LOCKS + (_FORKS if forks else "") + _WAITS
        command = [sys.executable, "-c", code, str(folder)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.number = self.next_number()

    def next_number(self) -> UUID:
        """Return the next id that it or its child prints."""
        assert self.process.stdout
        return UUID(self.process.stdout.readline().strip())

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Let it end by itself."""
        self.process.communicate()
