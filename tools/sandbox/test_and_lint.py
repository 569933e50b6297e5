"""./run test and ./run lint: the same here, on a colleague's machine and in CI."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from core.sandbox import refusal
from tools.sandbox import bootstrap, debian, environment, postgres
from tools.sandbox.lock import is_held, only_run
from tools.sandbox.paths import Places
from tools.sandbox.ports import any_free
from tools.sandbox.processes import Interrupts, Processes, stop_leftovers
from tools.sandbox.terminal import Refused, say, step

#: What plain ./run test leaves to --all: it needs Debian's packages, or kills processes for minutes.
ONLY_WITH_ALL = "not browser and not services and not faults"
#: Tests need no database that survives a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
#: Some tests play somebody who gets past the triggers, to see that what follows notices.
TAMPER = f"GRANT SET ON PARAMETER session_replication_role TO {postgres.ROLE};"


def test(rest: list[str]) -> int:
    """Run the tests on a PostgreSQL of their own, which is removed afterwards; return pytest's exit status."""
    everything = "--all" in rest
    arguments = [argument for argument in rest if argument != "--all"]
    places = Places.here(os.environ)
    places.make()
    if everything:
        missing = debian.missing()
        if missing and not is_root():
            say("Missing for ./run test --all: " + ", ".join(missing) + f" (as root: apt-get install {' '.join(missing)}).")
            return 2
        if missing:
            debian.install(missing, places.logs / "apt.log")
    bootstrap.ensure(places, "dev")
    with _database(places, Interrupts()) as url:
        child = {**environment.clean(os.environ), "DATABASE_URL": url, "PYTHONPYCACHEPREFIX": str(places.run / "pycache")}
        chosen = [] if everything or "-m" in arguments else ["-m", ONLY_WITH_ALL]
        return in_foreground([str(places.python), "-m", "pytest", *chosen, *arguments], places.root, child)


def is_root() -> bool:
    """Tell whether Debian's packages can be installed."""
    return os.geteuid() == 0


def lint(rest: list[str]) -> int:
    """Run every check, also after one has failed; return 1 if any did."""
    places = Places.here(os.environ)
    places.make()
    bootstrap.ensure(places, "dev")
    tools, python = places.venv / "bin", str(places.python)
    with tempfile.TemporaryDirectory() as folder:
        schema = Path(folder) / "openapi.yaml"
        checks: list[tuple[str, list[str], str]] = [
            ("style (ruff)", [str(tools / "ruff"), "check", "."], ""),
            ("format (ruff)", [str(tools / "ruff"), "format", "--check", "."], "ruff format . puts it right"),
            ("types (mypy)", [str(tools / "mypy")], ""),
            ("import directions", [str(tools / "lint-imports")], ""),
            (
                "missing migrations",
                [python, "manage.py", "makemigrations", "--check", "--dry-run"],
                "./run manage makemigrations",
            ),
            ("OpenAPI is valid", [python, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", str(schema)], ""),
            ("OpenAPI drift", ["cmp", str(schema), "docs/openapi.yaml"], "./run manage spectacular --file docs/openapi.yaml"),
            ("states drift", [python, "manage.py", "states", "--check"], "./run manage states"),
        ]
        failed = [name for name, command, cure in checks if not _passes(name, command, cure, places)]
    say(f"lint: {len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _passes(name: str, command: list[str], cure: str, places: Places) -> bool:
    # Nothing is asked of these places; the settings only have to be there.
    settings = {
        "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:9/nowhere",
        "FINGERPOST_SANDBOX": "1",
        "FCM_ENDPOINT": "http://127.0.0.1:9",
        "SECRET_KEY": "lint",
        "PYTHONPYCACHEPREFIX": str(places.run / "pycache"),
        "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history",
    }
    env = {**environment.clean(os.environ), **settings}
    with step(name):
        answer = subprocess.run(command, cwd=places.root, env=env, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        say(f"{(answer.stdout + answer.stderr).strip()}\n  FAILED: {name}" + (f"; to put it right: {cure}" if cure else ""))
    return answer.returncode == 0


@contextmanager
def _database(places: Places, interrupts: Interrupts) -> Iterator[str]:
    """Start a PostgreSQL in a run folder of its own, so that tests may run beside a sandbox and beside each other."""
    folder = places.run / "tests"
    folder.mkdir(exist_ok=True)
    for left in folder.iterdir():
        # Named for its process: another that has only just begun holds no lock yet.
        if not _is_alive(left.name):
            remove_run(Places(places.root, left))
    own = Places(places.root, folder / str(os.getpid()))
    own.make()
    processes = Processes(own, interrupts)
    with only_run(own, "test"):
        try:
            port, passwords = any_free(), (secrets.token_urlsafe(24), secrets.token_urlsafe(24))
            server = replace(postgres.cluster(own, FAST), grants=TAMPER)
            with step("Starting PostgreSQL for the tests"):
                postgres.start(server, processes, port, own.logs / "postgres.log", *passwords)
            yield server.url(port, passwords[1])
        finally:
            interrupts.ignore()
            processes.stop()
    remove_run(own)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def remove_run(places: Places) -> None:
    """Remove the folder of a test run or a measurement, also of one that was killed; one in use stays."""
    if is_held(places):
        return
    stop_leftovers(places)
    postgres.forget(places)
    shutil.rmtree(places.run, ignore_errors=True)


def bench_places() -> Places:
    """Return an empty run folder for measurements, with what they need installed; Refused where a demo may not run.

    A folder of its own: the numbers do not depend on what a sandbox holds already, and nothing is left in it.
    """
    reason = refusal(os.environ, starts_database=True)
    if reason:
        raise Refused(reason)
    outer = Places.here(os.environ)
    outer.make()
    bootstrap.ensure(outer, "dev")
    places = Places(outer.root, outer.run / "bench")
    remove_run(places)
    places.make()
    return places


def in_foreground(command: list[str], cwd: Path, env: dict[str, str]) -> int:
    """Run to the end; when this run is interrupted, let the command tidy up before it is ended."""
    with subprocess.Popen(command, cwd=cwd, env=env) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # A Ctrl-C at the terminal has reached the command too; a SIGTERM came here alone.
            for asked in (None, signal.SIGINT, signal.SIGKILL):
                if asked:
                    process.send_signal(asked)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                    break
            raise
