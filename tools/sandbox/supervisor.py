"""Everything on one machine: starts the processes in order, keeps them up, and stops them without leaving anything behind."""

from __future__ import annotations

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

from tools.sandbox import demo_secrets, environment, http_client, ports, postgres
from tools.sandbox.demo_staff import PEOPLE
from tools.sandbox.paths import Places, read_json, write_json
from tools.sandbox.processes import Child, Interrupts, Processes, kill_group, reap
from tools.sandbox.terminal import Refused, say, step

#: A process that ends by itself more often than this within a minute is not started again.
RESTARTS_PER_MINUTE = 5
#: Processed wake-ups older than this many seconds are removed, this many files at a time.
SWEEP_AFTER, SWEEP_AT_MOST = 30, 2000


class CommandFailed(Exception):
    """A management command answered with an error; the text is what it said."""


class Sandbox:
    """The processes of one sandbox and the ways to talk to them.

    `database_url` and `broker_url` replace its own PostgreSQL and broker (tests against other ones); nothing from outside does.
    """

    def __init__(
        self,
        places: Places,
        interrupts: Interrupts,
        outside: Mapping[str, str],
        *,
        database_url: str | None = None,
        broker_url: str | None = None,
    ) -> None:
        self.places, self.outside, self.interrupts = places, outside, interrupts
        self.given_database, self.given_broker = database_url, broker_url
        self.processes = Processes(places, interrupts)
        self.keys = demo_secrets.load(places, tuple(PEOPLE))
        self.fcm = environment.harness(outside)
        self.emulator_url: str | None = None
        self.new_database = True
        self.environment: dict[str, str] = {}
        self.web = ""
        self._restarts: dict[str, list[float]] = {}
        self._swept = 0.0

    # Starting

    def start_database(self, web_port: int) -> None:
        """Start PostgreSQL and settle the environment that every other process gets."""
        url = self.given_database or self._own_database()
        fcm = self.fcm or self._choose_emulator()
        projects = self.outside.get("FIREBASE_PROJECTS", "").strip() if self.fcm else ""
        endpoints = environment.Endpoints(
            database_url=url,
            broker_url=self.given_broker or environment.filesystem_broker(self.places),
            web_port=web_port,
            fcm_endpoint=fcm,
            firebase_projects=projects or environment.own_projects(self.places),
        )
        write_json(self.places.run / "endpoints.json", asdict(endpoints))
        self._settle(endpoints)
        if not projects:
            self._make_credentials(fcm)

    def attach(self) -> None:
        """Take the environment of the sandbox that is running here, for a command beside it."""
        kept = read_json(self.places.run / "endpoints.json")
        if not kept:
            raise Refused("The sandbox is only just starting; try again in a moment.")
        self._settle(environment.Endpoints(**kept))

    def _settle(self, endpoints: environment.Endpoints) -> None:
        self.web = endpoints.web
        self.environment = environment.for_children(self.places, self.keys, endpoints, self.outside)

    def start(self, web_port: int) -> None:
        """Start everything and return when it answers."""
        with step("Starting PostgreSQL"):
            self.start_database(web_port)
        if self.emulator_url:
            port = self.emulator_url.rpartition(":")[2]
            folder = str(self.places.credentials)
            self._start(
                "emulator",
                ["-m", "fcm_emulator", "serve", "--host", "127.0.0.1", "--port", port, "--credentials", folder],
                gives_way=True,
            )
        with step("Bringing the database up to date"):
            self.command("migrate", "--no-input", "--verbosity", "0")
            signing = self._signing_key()
        shutil.rmtree(self.places.broker, ignore_errors=True)
        with step("Starting web, worker and beat"):
            self._start("web", [*self._granian(), "config.wsgi:application"])
            celery = ["-m", "celery", "-A", "config.celery"]
            quiet = ["--loglevel", "WARNING"]
            # Whatever it is in the middle of, another claims again: there is no need to wait for long.
            self._start(
                "worker",
                [*celery, "worker", "--without-mingle", "--without-gossip", "--concurrency", "2", *quiet],
                patience=4,
                gives_way=True,
                # The web has no key: it serves what a worker signed.
                PACK_SIGNING_KEY=str(signing),
            )
            self._start("beat", [*celery, "beat", "--pidfile=", *quiet])
            if self.emulator_url:
                self._until_up("emulator", self.emulator_url, "/healthz")
            self._until_up("web", self.web, "/healthz")

    def _own_database(self) -> str:
        port = ports.inner_port(self.places, self.outside, "postgres")
        server = postgres.cluster(self.places)
        secrets = (self.keys.postgres_password, self.keys.database_password)
        self.new_database = postgres.start(server, self.processes, port, self.places.log("postgres"), *secrets)
        return server.url(port, self.keys.database_password)

    def _choose_emulator(self) -> str:
        self.emulator_url = f"http://127.0.0.1:{ports.inner_port(self.places, self.outside, 'emulator')}"
        return self.emulator_url

    def _make_credentials(self, url: str) -> None:
        path = self.places.credentials / f"{environment.PROJECT}.json"
        with suppress(OSError, ValueError):
            if json.loads(path.read_text())["token_uri"].startswith(f"{url}/"):
                return
        self.places.credentials.mkdir(mode=0o700, exist_ok=True)
        options = ("--project", environment.PROJECT, "--url", url)
        self.python("-m", "fcm_emulator", "credentials", str(self.places.credentials), *options)

    def _granian(self) -> list[str]:
        port = self.environment["PORT"]
        listen = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port]
        return [*listen, "--workers", "1", "--blocking-threads", "1", "--no-ws", "--log-level", "warning"]

    def _signing_key(self) -> Path:
        """Return the key that signs the manifest, made once with its root."""
        folder = self.places.run / "signing"
        if not (folder / "keys.jws").exists():
            shutil.rmtree(folder, ignore_errors=True)
            self.command("signing", "first", str(folder))
        return folder / "release.pem"

    def _start(self, name: str, arguments: Sequence[str], patience: float = 6, gives_way: bool = False, **more: str) -> None:
        # A campaign may take a second longer; somebody who asks for help may not wait for it.
        command, log = [str(self.places.python), *arguments], self.places.log(name)
        environment, folder = {**self.environment, **more}, str(self.places.root)
        self.processes.start(Child(name, command, environment, log, cwd=folder, patience=patience, gives_way=gives_way))

    def _until_up(self, name: str, url: str, path: str, seconds: float = 60) -> None:
        def up() -> bool:
            return http_client.is_up(url, path)

        if not self.wait(up, seconds):
            raise Refused(f"The {name} process does not answer; its log is {self.places.logs / name}.log.")

    # Keeping up

    def wait(self, done: Callable[[], bool], seconds: float, pause: float = 0.1) -> bool:
        """Wait until `done` says so, keeping everything up meanwhile; return False when the time is over."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                return False
            self.tend()
            time.sleep(pause)
        return True

    def tend(self) -> None:
        """Start what ended by itself again, and keep the broker's folder small."""
        for child in list(self.processes.children):
            status = child.poll()
            if status is not None:
                self._again(child, status)
        if time.monotonic() - self._swept > 5:
            self._swept = time.monotonic()
            sweep(self.places.broker / "processed")

    def _again(self, child: Child, status: int) -> None:
        now = time.monotonic()
        recent = [moment for moment in self._restarts.get(child.name, []) if now - moment < 60]
        if len(recent) >= RESTARTS_PER_MINUTE:
            raise Refused(f"The {child.name} process keeps ending by itself (status {status}); its log is {child.log}.")
        self._restarts[child.name] = [*recent, now]
        say(f"  The {child.name} process ended by itself (status {status}) and is started again; its log is {child.log}.")
        kill_group(child.pid)
        reap(child.pid)
        self.processes.start(child)

    def stop(self) -> None:
        """Stop everything; a second Ctrl-C meanwhile changes nothing."""
        self.interrupts.ignore()
        self.processes.stop()

    # Asking

    def command(self, *arguments: str, text: str = "") -> str:
        """Run a management command and return what it printed."""
        return self.python("manage.py", *arguments, text=text)

    def ask(self, *arguments: str, text: str = "") -> dict[str, Any]:
        """Run a management command with --json and return its answer."""
        answer = self.command(*arguments, "--json", text=text)
        try:
            return dict(json.loads(answer.strip().splitlines()[-1]))
        except (IndexError, ValueError, TypeError):
            raise CommandFailed(f"{' '.join(arguments)} did not answer in JSON: {answer.strip()[:200]!r}") from None

    def python(self, *arguments: str, text: str = "") -> str:
        """Run Python in the sandbox's environment until it ends; a Ctrl-C ends it too."""
        process: subprocess.Popen[str] | None = None
        try:
            # In a session of its own, so that Ctrl-C reaches the supervisor alone, and this with everything it started.
            with self.interrupts.held():
                process = subprocess.Popen(
                    [str(self.places.python), *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    cwd=self.places.root,
                    env=self.environment or environment.clean(self.outside),
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
            with (self.places.logs / "commands.log").open("a") as log:
                log.write(f"$ {' '.join(arguments)}\n{output}{errors}\n")
            raise CommandFailed(f"{' '.join(arguments[1:3])}: {_reason(errors) or f'ended with status {process.returncode}'}")
        return output


def _reason(errors: str) -> str:
    """Return the one line that says why: a command's refusal, or the end of a traceback."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    refusals = [line.removeprefix("CommandError: ") for line in lines if line.startswith(("CommandError: ", "Unknown command"))]
    return refusals[0] if refusals else (lines[-1] if lines else "")


def sweep(folder: Path, older_than: float = SWEEP_AFTER, at_most: int = SWEEP_AT_MOST) -> int:
    """Remove processed wake-ups of kombu's filesystem transport, which keeps them for ever; return how many went."""
    limit = time.time() - older_than
    removed = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if removed >= at_most:
                break
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < limit:
                    os.unlink(entry.path)
                    removed += 1
    return removed
