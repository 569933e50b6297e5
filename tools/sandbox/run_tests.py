"""./run test: pytest on a PostgreSQL of its own, which is removed afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tools.sandbox import debian, environment, postgres
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import ManagedProcesses, run_in_foreground
from tools.sandbox.run_folders import remove_run
from tools.sandbox.terminal import say, step

#: What ./run test leaves out unless it is called with --all: tests that need Debian's packages, or kill processes for minutes.
NOT_WITHOUT_ALL = "not browser and not services and not faults"
#: The tests' database does not have to survive a power cut.
FAST_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
#: Some tests bypass the triggers, to check that a later stage notices.
ALLOW_TAMPERING = f"GRANT SET ON PARAMETER session_replication_role TO {postgres.ROLE};"


def run(paths: Paths, rest: list[str]) -> int:
    """Run pytest with all arguments but --all; return its exit status, or 2 if only root could install what is missing."""
    everything = "--all" in rest
    arguments = [argument for argument in rest if argument != "--all"]
    if everything and (missing := debian.missing()):
        if not is_root():
            say(f"./run test --all needs {', '.join(missing)}. As root: apt-get install {' '.join(missing)}")
            return 2
        debian.install(missing, paths.logs / "apt.log")
    with _database(paths, Interrupts()) as url:
        settings = {"DATABASE_URL": url, "PYTHONPYCACHEPREFIX": str(paths.run / "pycache")}
        chosen = [] if everything or "-m" in arguments else ["-m", NOT_WITHOUT_ALL]
        command = [str(paths.python), "-m", "pytest", *chosen, *arguments]
        return run_in_foreground(command, paths.root, {**environment.without_settings(os.environ), **settings})


def is_root() -> bool:
    """Return whether this user can install Debian packages."""
    return os.geteuid() == 0


@contextmanager
def _database(paths: Paths, interrupts: Interrupts) -> Iterator[str]:
    """Start PostgreSQL in a run folder of its own, so that tests can run beside a demo and beside each other; yield its URL."""
    folder = paths.run / "tests"
    folder.mkdir(exist_ok=True)
    for leftover in folder.iterdir():
        # The folder is named for its process, because a run that has just started does not hold the lock yet.
        if not _is_running(leftover.name):
            remove_run(Paths(paths.root, leftover))
    own = Paths(paths.root, folder / str(os.getpid()))
    own.create()
    processes = ManagedProcesses(own, interrupts)
    with hold_run_folder(own, "test"):
        try:
            port, passwords = any_free_port(), (secrets.token_urlsafe(24), secrets.token_urlsafe(24))
            server = replace(postgres.cluster(own, FAST_OPTIONS), grants=ALLOW_TAMPERING)
            with step("Starting PostgreSQL for the tests"):
                postgres.start(server, processes, port, own.logs / "postgres.log", *passwords)
            yield server.url(port, passwords[1])
        finally:
            interrupts.ignore()
            processes.stop()
    remove_run(own)


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
