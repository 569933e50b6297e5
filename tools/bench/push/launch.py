"""Start a PostgreSQL for a measurement of tools/bench/push, and run it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tools.sandbox import environment, kept_database, postgres
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import MARK, ManagedProcesses, run_in_foreground
from tools.sandbox.run_folders import bench_folder, remove_run
from tools.sandbox.terminal import step


def run(outer: Paths, rest: list[str], module: str = "tools.bench.push") -> int:
    """Run the module with the arguments on an empty PostgreSQL; return its exit status."""
    paths = bench_folder(outer)
    interrupts = Interrupts()
    processes = ManagedProcesses(paths, interrupts)
    with hold_run_folder(paths, "bench push"):
        try:
            port, passwords = any_free_port(), (secrets.token_urlsafe(24), secrets.token_urlsafe(24))
            # With the same settings as in ./run: what is committed survives a power cut, as in production.
            server = postgres.cluster(paths)
            if kept := os.environ.get(kept_database.KEPT):
                # Tests have migrated a database already. What is measured after that is the same.
                passwords = kept_database.copy(server, Path(kept))
            with step("Starting PostgreSQL for the measurements"):
                postgres.start(server, processes, port, paths.log("postgres"), *passwords)
            env = {
                **environment.without_settings(os.environ),
                **({kept_database.TEMPLATE: kept_database.DATABASE} if kept else {}),
                "DATABASE_URL": server.url(port, passwords[1]),
                environment.BYTECODE: environment.bytecode_folder(paths),
                # By this mark the next start finds and ends workers that outlive an interrupted measurement.
                MARK: str(paths.run),
            }
            status = run_in_foreground([str(paths.python), "-m", module, *rest], paths.root, env)
        finally:
            interrupts.ignore()
            processes.stop()
    remove_run(paths)
    return status
