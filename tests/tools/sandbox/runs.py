"""Starting ./run from a test, with nothing of the tests' own settings in its environment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from tools.sandbox import environment
from tools.sandbox.ports import any_free

ROOT = Path(__file__).resolve().parents[3]


def plain_environment() -> dict[str, str]:
    """Return this environment as it would be at a terminal, without Fingerpost's settings."""
    return {name: value for name, value in environment.clean(os.environ).items() if not name.startswith("FINGERPOST_")}


def left_running(run_dir: Path) -> list[str]:
    """Return the command lines of processes that were started for this run folder, which is in their environment."""
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
    """One ./run under test, in a run folder and on a port of its own."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        self.run_dir = folder / "run"
        self.port = any_free()
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

    def until(self, text: str, seconds: float = 180) -> None:
        """Wait until the output holds the text."""
        deadline = time.monotonic() + seconds
        while text not in self.output:
            assert self.process.poll() is None, f"./run ended:\n{self.output}\n{self.errors}"
            assert time.monotonic() < deadline, f"no {text!r} in:\n{self.output}\n{self.errors}"
            time.sleep(0.1)

    def end(self, how: signal.Signals, seconds: float = 60) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(how)
        return self.process.wait(seconds)

    def make_sure_it_ended(self) -> None:
        """For the end of a test that failed."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
