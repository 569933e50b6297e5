"""The PostgreSQL that a test run starts for itself and removes afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tools.sandbox import kept_database, postgres
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import ManagedProcesses
from tools.sandbox.run_folders import remove_run
from tools.sandbox.terminal import step

#: The tests' database does not have to survive a power cut.
FAST_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
#: The first PostgreSQL with `scram_iterations`: the usual 4,096 at each of thousands of connections take longer than many a test.
_SCRAM_ITERATIONS_SINCE = 16
#: The role that the running product has in production, for tests that assert what the database refuses it.
RUNTIME_ROLE = f"CREATE ROLE {postgres.RUNTIME_ROLE} NOLOGIN; GRANT {postgres.RUNTIME_ROLE} TO {postgres.ROLE};"
#: Some tests bypass the triggers, to check that a later stage notices.
ALLOW_TAMPERING = f"GRANT SET ON PARAMETER session_replication_role TO {postgres.ROLE};"


@contextmanager
def temporary_database(
    paths: Paths, interrupts: Interrupts, *, binaries: Path | None = None, sql: str = "", template: bool = False
) -> Iterator[str]:
    """Start PostgreSQL in a run folder of its own, so that tests can run beside a demo and beside each other; yield its URL.

    `binaries` is the folder of the programs of another PostgreSQL than the one in .venv. The superuser runs `sql` at the start.
    With `template`, it has the migrated database `kept_database.DATABASE`.
    """
    own = own_folder(paths)
    own.run.parent.mkdir(exist_ok=True)
    for leftover in own.run.parent.iterdir():
        # The folder is named for its process, because a run that has just started does not hold the lock yet.
        if not _is_running(leftover.name):
            remove_run(Paths(paths.root, leftover))
    own.create()
    processes = ManagedProcesses(own, interrupts)
    with hold_run_folder(own, "test"):
        try:
            port, passwords = any_free_port(), (secrets.token_urlsafe(24), secrets.token_urlsafe(24))
            server = replace(postgres.cluster(own, FAST_OPTIONS), grants=f"{ALLOW_TAMPERING}\n{RUNTIME_ROLE}\n{sql}")
            if binaries is not None:
                # PostgreSQL has the built-in locale provider from 17 on; C.UTF-8 of the system sorts the same way.
                server = replace(server, binaries=binaries, locale=("--locale=C.UTF-8",))
            if int(server.major()) >= _SCRAM_ITERATIONS_SINCE:
                server = replace(server, options={**server.options, "scram_iterations": "1"})
            log = own.logs / "postgres.log"

            def migrate() -> None:
                postgres.start(server, processes, port, log, *passwords)
                kept_database.migrate(paths, server.url(port, passwords[1]))
                processes.stop()

            if template:
                passwords = kept_database.provide(paths, server, passwords, migrate)
            with step(f"Starting PostgreSQL {server.major()} for the tests"):
                postgres.start(server, processes, port, log, *passwords)
            yield server.url(port, passwords[1])
        finally:
            interrupts.ignore()
            processes.stop()
    remove_run(own)


def own_folder(paths: Paths) -> Paths:
    """Return the run folder of the tests that this process runs, which is removed with their database."""
    return Paths(paths.root, paths.run / "tests" / str(os.getpid()))


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
