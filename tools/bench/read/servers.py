"""The servers that ./run bench read compares, and how each is loaded: in turns, keeping the median."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

from tools.bench.read import load
from tools.bench.read.load import Load
from tools.bench.read.report import PACED, Row
from tools.sandbox import demo, http_client
from tools.sandbox.http_client import Client
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import ManagedProcess
from tools.sandbox.supervisor import Sandbox
from tools.sandbox.terminal import say, step

#: At a given pace p99 varies more from run to run, so these rows get so many times the rounds.
PACED_FACTOR = 3
#: The `nice` value of the worker's and the emulator's sessions, as docs/operations.md advises for one machine.
_BEHIND_READERS = 5


@dataclass(frozen=True)
class Server:
    """A server under measurement."""

    url: str
    #: The process that leads the server's session.
    pid: int


class ReadBench:
    """The servers under measurement, and the rows measured so far."""

    def __init__(self, sandbox: Sandbox, *, seconds: int, rounds: int, quick: bool) -> None:
        self.sandbox, self.seconds, self.rounds, self.quick = sandbox, seconds, rounds, quick
        self.paced_rounds = rounds if quick else PACED_FACTOR * rounds
        #: How the kernel shares the processors: "usual", "batch" (workers never take one from others), "short" slices for the
        #: web process, or "both".
        self.scheduling = "usual"
        self.rows: list[Row] = []
        self.notes: dict[str, str] = {}
        self.client = Client(sandbox.web)
        web = next(process for process in sandbox.processes.running if process.name == "web")
        self.fast_path = Server(sandbox.web, web.pid)

    def serve(self, name: str, command: list[str], port: int, path: str, **settings: str) -> Server:
        """Start one more server and wait until `path` is answered."""
        sandbox = self.sandbox
        log = sandbox.paths.log(name)
        environment = {**sandbox.environment, **settings}
        process = ManagedProcess(name, command, environment, log, cwd=str(sandbox.paths.root), stop_timeout=4)
        sandbox.processes.start(process)
        url = f"http://127.0.0.1:{port}"
        self.wait_until(lambda: http_client.is_up(url, path), f"{name} does not answer; its log is {log}")
        return Server(url, process.pid)

    def granian(self, name: str, target: str, path: str, **settings: str) -> Server:
        """Start granian with one worker and one blocking thread for a WSGI application."""
        port = any_free_port()
        options = ["--workers", "1", "--blocking-threads", "1", "--no-ws", "--log-level", "warning", target]
        listen = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
        return self.serve(name, [str(self.sandbox.paths.python), *listen, *options], port, path, **settings)

    def put_readers_first(self) -> None:
        """Give worker and emulator the lower priority that docs/operations.md advises where they share a machine with the web."""
        for process in self.sandbox.processes.running:
            if process.name in ("worker", "emulator"):
                # Not every kernel groups processes by session.
                with suppress(OSError):
                    Path(f"/proc/{process.pid}/autogroup").write_text(str(_BEHIND_READERS), encoding="ascii")

    def wait_until(self, happened: Callable[[], bool], otherwise: str, seconds: float = 120) -> float:
        """Wait, and return the seconds it took. DemoFailed with the text `otherwise` if it takes longer than `seconds`."""
        begun = time.monotonic()
        while not happened():
            if time.monotonic() - begun > seconds:
                raise demo.DemoFailed(otherwise)
            self.sandbox.keep_running()
            time.sleep(0.02)
        return time.monotonic() - begun

    def in_turns(
        self, group: str, requests: Mapping[str, tuple[Server, str, dict[str, str]]], script: Path | None = None
    ) -> None:
        """Load each server in turn for all rounds; keep the run with the median rate, or with the median p99 at a given pace.

        `requests` maps the name of a row to the server, the path and the request headers.
        """
        results: dict[str, list[Load]] = {name: [] for name in requests}
        rounds, by = (self.paced_rounds, "p99") if group == PACED else (self.rounds, "rate")
        with step(f"{group}: {len(requests)} servers, {rounds} rounds of {self.seconds} s"):
            for _ in range(rounds):
                for name, (server, path, headers) in requests.items():
                    results[name].append(load.run(server.url + path, server.pid, self.seconds, headers=headers, script=script))
        for name, loads in results.items():
            self.rows.append(Row(group, name, median_load(loads, by)))
            say(f"  {group:<22} {name:<34} {self.rows[-1].load.rate:>9,.0f}/s  p99 {self.rows[-1].load.p99:.2f} ms")


def median_load(loads: list[Load], by: str) -> Load:
    """Return the run that is the median by this figure, with the failures of all runs."""
    middle = sorted(loads, key=attrgetter(by))[len(loads) // 2]
    return replace(middle, failed=sum(one.failed for one in loads))
