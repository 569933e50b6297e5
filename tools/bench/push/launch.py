"""./run bench push: a PostgreSQL of its own for the measurements in tools/bench/push, which print and judge them."""

from __future__ import annotations

import os
import secrets

from tools.sandbox import environment, postgres
from tools.sandbox.lock import only_run
from tools.sandbox.ports import any_free
from tools.sandbox.processes import MARK, Interrupts, Processes
from tools.sandbox.terminal import step
from tools.sandbox.test_and_lint import bench_places, in_foreground, remove_run


def run(rest: list[str]) -> int:
    """Measure and return the exit status: 1 when somebody was missed or doubled, or a count does not add up."""
    # The server's settings are those of ./run: it keeps what it commits, as in production.
    places = bench_places()
    interrupts = Interrupts()
    processes = Processes(places, interrupts)
    with only_run(places, "bench push"):
        try:
            port, passwords = any_free(), (secrets.token_urlsafe(24), secrets.token_urlsafe(24))
            server = postgres.cluster(places)
            with step("Starting PostgreSQL for the measurements"):
                postgres.start(server, processes, port, places.log("postgres"), *passwords)
            child = {
                **environment.clean(os.environ),
                "DATABASE_URL": server.url(port, passwords[1]),
                "PYTHONPYCACHEPREFIX": str(places.run / "pycache"),
                # Workers that outlive an interrupted measurement are known by it, and ended with the next look.
                MARK: str(places.run),
            }
            status = in_foreground([str(places.python), "-m", "tools.bench.push", *rest], places.root, child)
        finally:
            interrupts.ignore()
            processes.stop()
    remove_run(places)
    return status
