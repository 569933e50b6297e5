"""The servers that ./run bench read compares, and how each is loaded: in turns, keeping the median."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

from tools.bench.read import load
from tools.bench.read.load import Load
from tools.bench.read.report import Row
from tools.sandbox import demo, http_client
from tools.sandbox.http_client import Client
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import ManagedProcess
from tools.sandbox.supervisor import Sandbox
from tools.sandbox.terminal import say, step

#: At a given pace p99 varies more from run to run, so these rows get so many times the rounds.
PACED_FACTOR = 3
#: wrk's script of --quick for the servers that are there for comparison: each connection waits 100 ms after each response.
_CALMLY = "function delay() return 100 end\n"


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
        """Load each server in turn for all rounds; keep the run with the median rate.

        `requests` maps the name of a row to the server, the path and the request headers; `script` is wrk's, for other requests
        than GET.
        """
        results: dict[str, list[Load]] = {name: [] for name in requests}
        with step(f"{group}: {len(requests)} servers, {self.rounds} rounds of {self.seconds} s"):
            for _ in range(self.rounds):
                for name, (server, path, headers) in requests.items():
                    chosen = script or (self._calmly() if self.quick and server is not self.fast_path else None)
                    results[name].append(load.run(server.url + path, server.pid, self.seconds, headers=headers, script=chosen))
        for name, loads in results.items():
            self.add_row(group, name, loads, "rate")

    def add_row(self, group: str, name: str, loads: list[Load], by: str) -> None:
        """Keep and print the run that is the median by this figure."""
        self.rows.append(Row(group, name, median_load(loads, by)))
        say(f"  {group:<22} {name:<34} {self.rows[-1].load.rate:>9,.0f}/s  p99 {self.rows[-1].load.p99:.2f} ms")

    def _calmly(self) -> Path:
        """Return wrk's script for a server that only has to answer."""
        script = self.sandbox.paths.temporary / "calmly.lua"
        script.write_text(_CALMLY, encoding="utf-8")
        return script


def median_load(loads: list[Load], by: str) -> Load:
    """Return the run that is the median by this figure, with the failures of all runs."""
    middle = sorted(loads, key=attrgetter(by))[len(loads) // 2]
    return replace(middle, failed=sum(one.failed for one in loads))
