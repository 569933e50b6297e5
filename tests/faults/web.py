"""A real web process (granian) for tests."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from django.db import connection

from tests.processes import ROOT, free_port, wait_until_up
from tools.bench.push.celery_processes import APPLICATION


class Web:
    """One granian process with this number of workers; `settings` override those of the test run."""

    def __init__(self, folder: Path, workers: int = 1, **settings: str) -> None:
        given = connection.settings_dict
        self.port = free_port()
        self._workers = workers
        self._log = folder / f"web-{self.port}.log"
        self.settings = {
            "DATABASE_URL": f"postgresql://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
            f"?application_name={APPLICATION}",
            "EDITION_DIR": str(folder / "edition"),
            "ALLOWED_HOSTS": "127.0.0.1",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **changed: str) -> None:
        """Start the process and wait until it responds."""
        self.settings |= changed
        listen = ["--port", str(self.port), "--workers", str(self._workers)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "config.serve", *listen],
                cwd=ROOT, env=os.environ | self.settings, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        assert wait_until_up(f"http://127.0.0.1:{self.port}/healthz", self._process), self._log.read_text()

    @property
    def process_group(self) -> int:
        """The id of the group of all its processes."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Stop the process, if it runs."""
        if self._process is not None:
            self._process.terminate()
            # A granian worker that is still starting misses the signal, and its parent waits for it forever.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=3)
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=10)
            self._process = None

    def ask(self, path: str, body: Any = None) -> tuple[int, bytes]:
        """Return status and body, over a new connection, which any worker may accept."""
        status, _, content = self.answer(path, body)
        return status, content

    def answer(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body."""
        talk = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            if body is None:
                talk.request("GET", path, headers=dict(headers or {}))
            else:
                talk.request("POST", path, orjson.dumps(body), {"Content-Type": "application/json", **(headers or {})})
            answer = talk.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            talk.close()

    def seconds_until(self, seen: Callable[[], bool], *, at_most: float) -> float:
        """Return the seconds until `seen` is true ten times in a row, which covers every worker."""
        begun = time.monotonic()
        since, row = begun, 0
        while row < 10:
            assert time.monotonic() - begun < at_most, f"not within {at_most} s"
            if seen():
                row += 1
            else:
                since, row = time.monotonic(), 0
                time.sleep(0.02)
        return since - begun
