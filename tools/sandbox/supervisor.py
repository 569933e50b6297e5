"""Start the processes of a sandbox in order, keep them running, and stop them without leaving anything behind."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import heartbeats
from core.watchdog import Watch
from tools.sandbox import demo_secrets, environment, http_client, ports, postgres
from tools.sandbox.demo_staff import STAFF
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths, read_json, write_json
from tools.sandbox.processes import ManagedProcess, ManagedProcesses, kill_group, reap
from tools.sandbox.terminal import UserError, say, step

#: A process that exits more often than this within a minute is not started again.
MAX_RESTARTS_PER_MINUTE = 5
#: Seconds without progress after which a step has failed. On a busy machine a step takes long, but it moves.
PATIENCE = 90
#: Management commands that the owner of the database runs: the role of the running product may neither change tables nor add
#: accounts, nor have PostgreSQL count the rows of a table that a simulation has filled.
OWNERS_COMMANDS = ("migrate", "staff", "pgtrigger", "simulate_registrations", "restore")
#: Processed broker messages are removed when they are this many seconds old, at most so many at a time.
SWEEP_AGE, SWEEP_LIMIT = 30, 2000
_BATCH = "tools.sandbox.batch"


class CommandFailed(Exception):
    """A management command failed; the message is what it printed."""


class Sandbox:
    """The processes of one sandbox and the ways to talk to them.

    `database_url` and `broker_url` replace its own PostgreSQL and broker in tests; nothing in the environment does.
    """

    def __init__(
        self,
        paths: Paths,
        interrupts: Interrupts,
        outside: Mapping[str, str],
        *,
        database_url: str | None = None,
        broker_url: str | None = None,
    ) -> None:
        self.paths, self.outside, self.interrupts = paths, outside, interrupts
        self.given_database, self.given_broker = database_url, broker_url
        self.processes = ManagedProcesses(paths, interrupts)
        self.secrets = demo_secrets.load(paths, tuple(STAFF))
        self.fcm = environment.external_fcm(outside)
        self.emulator_url: str | None = None
        self.new_database = True
        self.environment: dict[str, str] = {}
        self._of_owner: dict[str, str] = {}
        self.web = self.console = ""
        self._restarts: dict[str, list[float]] = {}
        self._swept = 0.0
        self._watch = Watch(paths.run / environment.HEARTBEATS)

    # Starting

    def start_database(self, web_port: int) -> None:
        """Start PostgreSQL and set the environment that every other process gets."""
        url, owner_url = (self.given_database, self.given_database) if self.given_database else self._start_own_database()
        fcm = self.fcm or self._choose_emulator()
        projects = self.outside.get("FIREBASE_PROJECTS", "").strip() if self.fcm else ""
        endpoints = environment.Endpoints(
            database_url=url,
            owner_url=owner_url,
            broker_url=self.given_broker or environment.filesystem_broker(self.paths),
            web_port=web_port,
            console_port=ports.inner_port(self.paths, self.outside, "console"),
            fcm_endpoint=fcm,
            firebase_projects=projects or environment.demo_projects(self.paths),
        )
        write_json(self.paths.run / "endpoints.json", asdict(endpoints))
        self._set_environment(endpoints)
        if not projects:
            self._create_credentials(fcm)

    def attach(self) -> None:
        """Take over the environment of the sandbox that is running here, to run a command beside it."""
        kept = read_json(self.paths.run / "endpoints.json")
        if not kept:
            raise UserError("The demo is still starting. Try again in a moment.")
        self._set_environment(environment.Endpoints(**kept))

    def _set_environment(self, endpoints: environment.Endpoints) -> None:
        self.web, self.console = endpoints.web, endpoints.console
        runtime_role = "" if self.given_database else postgres.RUNTIME_ROLE
        self._of_owner = {"DATABASE_URL": endpoints.owner_url, "DATABASE_RUNTIME_ROLE": runtime_role}
        self.environment = environment.for_children(self.paths, self.secrets, endpoints, self.outside)

    def start(self, web_port: int, *, console: bool = True) -> None:
        """Start everything and return once web, console and emulator answer; without `console`, /console/ leads nowhere."""
        with step("Starting PostgreSQL"):
            self.start_database(web_port)
        if self.emulator_url:
            port = self.emulator_url.rpartition(":")[2]
            folder = str(self.paths.credentials)
            self._start(
                "emulator", ["-m", "fcm_emulator", "serve", "--host", "127.0.0.1", "--port", port, "--credentials", folder]
            )
        with step("Bringing the database up to date"):
            self.run_python("-m", "tools.sandbox.migrate", **self.settings_of("migrate"))
            if not self.given_database:
                self.command("runtime_role")
            signing_key = self._signing_key()
        shutil.rmtree(self.paths.broker, ignore_errors=True)
        with step(f"Starting web, {'console, ' if console else ''}worker and beat"):
            self.start_web()
            if console:
                self.start_console()
            celery = ["-m", "celery", "-A", "config.celery"]
            quiet = ["--loglevel", "WARNING"]
            self._start(
                "worker",
                [*celery, "worker", "--without-mingle", "--without-gossip", "--concurrency", "2", *quiet],
                # Another worker claims whatever this one leaves unfinished, so there is no need to wait long for its end.
                stop_timeout=4,
                # Only workers sign; the web process serves what they signed and has no key.
                PACK_SIGNING_KEY=str(signing_key),
            )
            self._start("beat", [*celery, "beat", "--pidfile=", *quiet])
            if self.emulator_url:
                self._wait_until_up("emulator", self.emulator_url, "/healthz")
            self._wait_until_up("web", self.web, "/healthz")
            if console:
                self._wait_until_up("console", self.console, "/healthz")

    def _start_own_database(self) -> tuple[str, str]:
        """Start PostgreSQL; return the URLs of the role of the running product and of the owner."""
        port = ports.inner_port(self.paths, self.outside, "postgres")
        server = postgres.cluster(self.paths)
        passwords = (self.secrets.postgres_password, self.secrets.database_password)
        self.new_database = postgres.start(server, self.processes, port, self.paths.log("postgres"), *passwords)
        server.create_runtime_role(port, self.secrets.postgres_password, self.secrets.runtime_password)
        runtime = server.url(port, self.secrets.runtime_password, role=postgres.RUNTIME_ROLE)
        return runtime, server.url(port, self.secrets.database_password)

    def _choose_emulator(self) -> str:
        self.emulator_url = f"http://127.0.0.1:{ports.inner_port(self.paths, self.outside, 'emulator')}"
        return self.emulator_url

    def _create_credentials(self, url: str) -> None:
        path = self.paths.credentials / f"{environment.PROJECT}.json"
        with suppress(OSError, ValueError):
            if json.loads(path.read_text())["token_uri"].startswith(f"{url}/"):
                return
        self.paths.credentials.mkdir(mode=0o700, exist_ok=True)
        options = ("--project", environment.PROJECT, "--url", url)
        self.run_python("-m", "fcm_emulator", "credentials", str(self.paths.credentials), *options)

    def start_web(self) -> None:
        """Start the process that serves readers."""
        self._start("web", _serve(self.web), SERVES="readers")

    def start_console(self) -> None:
        """Start the process that serves staff; it holds no packs."""
        self._start("console", _serve(self.console), SERVES="console", EDITION_DIR="")

    def _signing_key(self) -> Path:
        """Return the key that signs the manifest; the first start creates it together with its root key."""
        folder = self.paths.run / "signing"
        if not (folder / "keys.jws").exists():
            shutil.rmtree(folder, ignore_errors=True)
            self.command("signing", "first", str(folder))
        return folder / "release.pem"

    def root_key(self) -> str:
        """Return the public root key of the manifests in base64url, as an app of this sandbox pins it."""
        header = (self.paths.run / "signing" / "keys.jws").read_text(encoding="ascii").partition(".")[0]
        return str(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["x"])

    def _start(self, name: str, arguments: Sequence[str], stop_timeout: float = 6, **settings: str) -> None:
        command, log = [str(self.paths.python), *arguments], self.paths.log(name)
        environment, folder = {**self.environment, **settings}, str(self.paths.root)
        self.processes.start(ManagedProcess(name, command, environment, log, cwd=folder, stop_timeout=stop_timeout))

    def _wait_until_up(self, name: str, url: str, path: str) -> None:
        if not self.wait_for(lambda: http_client.is_up(url, path), progress=lambda: int(self.cpu_seconds(name))):
            raise UserError(f"The {name} process does not answer. Its log is {self.paths.logs / name}.log.")

    # Keeping up

    def wait_for(
        self, happened: Callable[[], bool], *, progress: Callable[[], object] = lambda: None, patience: float = PATIENCE
    ) -> bool:
        """Wait until `happened()`, and keep all processes running meanwhile.

        Return False once `progress()` has returned the same value for `patience` seconds.
        """
        last, moved = progress(), time.monotonic()
        while not happened():
            now = progress()
            if now != last:
                last, moved = now, time.monotonic()
            if time.monotonic() - moved > patience:
                return False
            self.pause(0.1)
        return True

    def pause(self, seconds: float) -> None:
        """Keep all processes running for so many seconds."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.keep_running()
            time.sleep(min(0.5, left))

    def cpu_seconds(self, name: str) -> float:
        """Return the processor time in seconds that a process of the sandbox and its children have used so far."""
        return sum(process.cpu_seconds() for process in self.processes.running if process.name == name)

    def keep_running(self) -> None:
        """Restart the processes that exited by themselves or are stuck, and keep the broker's folder small."""
        for process in list(self.processes.running):
            status = process.poll()
            if status is not None:
                self._restart(process, f"exited (status {status})")
            elif process.name in heartbeats.STUCK_AFTER and self._watch.is_stuck(process.name, process, now=time.monotonic()):
                self._restart(process, "made no progress")
        if time.monotonic() - self._swept > 5:
            self._swept = time.monotonic()
            remove_processed(self.paths.broker / "processed")

    def _restart(self, process: ManagedProcess, why: str) -> None:
        now = time.monotonic()
        recent = [moment for moment in self._restarts.get(process.name, []) if now - moment < 60]
        if len(recent) >= MAX_RESTARTS_PER_MINUTE:
            raise UserError(f"The {process.name} process keeps failing: it {why}. Its log is {process.log}.")
        self._restarts[process.name] = [*recent, now]
        say(f"  The {process.name} process {why} and is being restarted. Its log is {process.log}.")
        kill_group(process.pid)
        reap(process.pid)
        self._watch.forget()
        self.processes.start(process)

    def stop(self) -> None:
        """Stop everything. A second Ctrl-C meanwhile is ignored."""
        self.interrupts.ignore()
        self.processes.stop()

    # Running commands

    def command(self, *arguments: str, text: str = "", **settings: str) -> str:
        """Run a management command with `text` on its standard input; return its output."""
        return self.run_python("manage.py", *arguments, text=text, **self.settings_of(arguments[0]), **settings)

    def settings_of(self, command: str) -> dict[str, str]:
        """Return the settings of a management command that differ from those of the running product."""
        return self._of_owner if command in OWNERS_COMMANDS else {}

    def json_command(self, *arguments: str, text: str = "") -> dict[str, Any]:
        """Run a management command with --json; return the object that it printed."""
        return _printed(arguments, self.command(*arguments, "--json", text=text))

    def json_commands(self, *commands: Sequence[str], texts: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Run management commands with --json in one process, with `texts` on their standard input; return what each printed.

        They have the settings of the first one. CommandFailed for the first that fails; those after it do not run.
        """
        inputs = texts or [""] * len(commands)
        text = json.dumps([[[*arguments, "--json"], given] for arguments, given in zip(commands, inputs, strict=True)])
        try:
            outputs = json.loads(self.run_python("-m", _BATCH, text=text, **self.settings_of(commands[0][0])))
        except CommandFailed as failed:
            raise CommandFailed(str(failed).removeprefix(f"{_BATCH}: ")) from None
        return [_printed(arguments, output) for arguments, output in zip(commands, outputs, strict=True)]

    def run_python(self, *arguments: str, text: str = "", **settings: str) -> str:
        """Run Python in the sandbox's environment, with `settings` changed; return its output.

        CommandFailed if its exit status is not 0.
        """
        process: subprocess.Popen[str] | None = None
        try:
            # In a session of its own: Ctrl-C reaches the supervisor, which then ends this process with all its children.
            with self.interrupts.deferred():
                process = subprocess.Popen(
                    [str(self.paths.python), *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    cwd=self.paths.root,
                    env={**(self.environment or environment.without_settings(self.outside)), **settings},
                    start_new_session=True,
                )
            output, errors = process.communicate(text)
        except BaseException:
            if process:
                kill_group(process.pid)
                process.wait()
                reap(process.pid)
            raise
        if process.returncode != 0:
            with (self.paths.logs / "commands.log").open("a") as log:
                log.write(f"$ {' '.join(arguments)}\n{output}{errors}\n")
            raise CommandFailed(f"{' '.join(arguments[1:3])}: {_reason(errors) or f'exit status {process.returncode}'}")
        return output


def _serve(url: str) -> list[str]:
    return ["-m", "config.serve", "--port", url.rpartition(":")[2]]


def _printed(arguments: Sequence[str], output: str) -> dict[str, Any]:
    """Return the object that a command printed in its last line."""
    try:
        return dict(json.loads(output.strip().splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        raise CommandFailed(f"{' '.join(arguments)} printed no JSON: {output.strip()[:200]!r}") from None


def _reason(errors: str) -> str:
    """Return the line that gives the reason: a command's error message, or the last line of a traceback."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    messages = [line.removeprefix("CommandError: ") for line in lines if line.startswith(("CommandError: ", "Unknown command"))]
    return messages[0] if messages else (lines[-1] if lines else "")


def remove_processed(folder: Path, older_than: float = SWEEP_AGE, limit: int = SWEEP_LIMIT) -> int:
    """Remove old processed messages of kombu's filesystem broker, which never does so itself; return how many."""
    newest = time.time() - older_than
    removed = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if removed >= limit:
                break
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < newest:
                    os.unlink(entry.path)
                    removed += 1
    return removed
