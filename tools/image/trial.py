"""Run the roles of docker/compose.yaml from the image, beside Debian's PostgreSQL and Valkey, and carry out the demo on them.

Everything runs in a network namespace that has a loopback and nothing else: the ports of compose are free, and nothing can be
fetched while the product runs. All roles share that loopback, so the console has a port of its own.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.image import base, build, compose
from tools.image.engine import NO_LIMITS, Engine, environment_file
from tools.sandbox import environment
from tools.sandbox.http_client import is_up
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.processes import ManagedProcess
from tools.sandbox.supervisor import OWNERS_COMMANDS, CommandFailed, Sandbox
from tools.sandbox.terminal import UserError, step

_CGROUPS = "/sys/fs/cgroup"
_NEW_MOUNTS, _NEW_NETWORK = 0x00020000, 0x40000000
#: The user of the image, who has to be able to read the folder of secrets and to write that of the export.
USER = 10001
_EMULATOR = "http://127.0.0.1:9099"
SECRETS = "/run/fingerpost"
_PORTS = {"web": "8000", "console": "8001"}
#: All containers share the loopback, on which compose's names of the two servers lead to the trial's own.
_NETWORK = ("--network", "host", "--add-host=postgres:127.0.0.1", "--add-host=valkey:127.0.0.1", *NO_LIMITS)
#: Roles that run all the time, in the order in which they are started.
RUNNING = ("web", "console", "worker", "beat")
#: Seconds in which a role has to become healthy, and an exported file to appear.
_PATIENCE = 90


def enter_own_mounts() -> None:
    """Let no mount of this process and its children be seen outside, so that none is left when they have ended."""
    _unshare(_NEW_MOUNTS)
    _mount("mount", "--make-rprivate", "/")
    kinds = dict(line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines())
    if kinds.get(_CGROUPS, "cgroup2") != "cgroup2":
        # crun starts nothing where both versions of control groups are mounted, even without using them.
        _mount("umount", "--recursive", "--lazy", _CGROUPS)
        _mount("mount", "-t", "cgroup2", "cgroup2", _CGROUPS)


def _mount(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise UserError(f"./run image cannot have mounts of its own: {done.stderr.strip()}.")


def enter_own_network(engine: Engine) -> None:
    _unshare(_NEW_NETWORK)
    engine.system("ip", "link", "set", "lo", "up")


def _unshare(flag: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flag) != 0:
        raise UserError(f"./run image cannot have namespaces of its own: {os.strerror(ctypes.get_errno())}.")


@dataclass
class Tried:
    """What a trial saw."""

    figures: dict[str, Any] = field(default_factory=dict)
    #: Seconds from the start of a role's container until it was healthy.
    healthy: dict[str, float] = field(default_factory=dict)
    #: Seconds from the request to stop until a role's container had ended.
    stopped: dict[str, float] = field(default_factory=dict)
    #: The dump that the role `backup` wrote: its size in bytes, and its name.
    dump: int = 0
    dump_file: str = ""
    findings: list[str] = field(default_factory=list)


class ImageSandbox(Sandbox):
    """A sandbox whose processes are containers of the image; only the FCM emulator comes from the checkout."""

    def __init__(self, paths: Paths, interrupts: Interrupts, engine: Engine) -> None:
        super().__init__(paths, interrupts, {})
        self.engine = engine
        self._folders = {"secrets": engine.home / "secrets", "export": engine.home / "export"}
        for folder in self._folders.values():
            folder.mkdir(mode=0o700)
            os.chown(folder, USER, USER)
        self.export = self._folders["export"]
        self._env_file = self._settings()
        self.roles = compose.roles(paths.root, self._env_file)
        self.web, self.console = (f"http://127.0.0.1:{_PORTS[role]}" for role in ("web", "console"))
        self.emulator_url = _EMULATOR

    def _settings(self) -> dict[str, str]:
        """Return .env as somebody fills it in who has the emulator in place of FCM."""
        example = compose.read_env_file((self.paths.root / ".env.example").read_text("utf-8"))
        project = environment.PROJECT
        return {
            **example,
            "SECRET_KEY": self.secrets.secret_key,
            "ADDRESS_KEYS": self.secrets.address_keys,
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "PUBLIC_URL": "http://127.0.0.1:8000",
            "FIREBASE_PROJECTS": json.dumps({project: f"{SECRETS}/{project}.json"}),
            "FCM_ENDPOINT": _EMULATOR,
            "PACK_SIGNING_KEY": f"{SECRETS}/release.pem",
            "POSTGRES_PASSWORD": self.secrets.postgres_password,
            "DATABASE_OWNER_PASSWORD": self.secrets.database_password,
            "DATABASE_PASSWORD": self.secrets.runtime_password,
            "BROKER_PASSWORD": secrets.token_hex(16),
            "FRONT_PROXIES": "0",
            "SECRETS_FOLDER": str(self._folders["secrets"]),
            "EXPORT_FOLDER": str(self._folders["export"]),
        }

    # Starting

    def start(self, web_port: int = 8000, *, console: bool = True) -> None:
        """Start database, broker and emulator, migrate, and make the keys. The roles follow by `start_role`."""
        with step("Starting Debian's PostgreSQL and Valkey"):
            self._start_servers()
        with step("Starting the FCM emulator"):
            credentials, port = self.paths.credentials, _EMULATOR.rpartition(":")[2]
            self.environment = environment.without_settings(os.environ)
            credentials.mkdir(mode=0o700, exist_ok=True)
            made = ("credentials", str(credentials), "--project", environment.PROJECT, "--url", _EMULATOR)
            super().run_python("-m", "fcm_emulator", *made)
            account = self._folders["secrets"] / f"{environment.PROJECT}.json"
            account.write_bytes((credentials / account.name).read_bytes())
            os.chown(account, USER, USER)
            served = ("serve", "--host", "127.0.0.1", "--port", port, "--credentials", str(credentials))
            self._start("emulator", ["-m", "fcm_emulator", *served])
            self._wait(lambda: is_up(_EMULATOR, "/healthz"), "The emulator does not answer.")
        with step("migrate"):
            self.container("migrate", *self.roles["migrate"].command)
        with step("signing: the keys of the manifest, as docs/operations.md says"):
            self._make_keys()

    def _start_servers(self) -> None:
        services, settings = compose.load(self.paths.root), self._env_file
        owner = ("--user", "postgres", "--tmpfs", "/data:mode=1777", "--env", "PGDATA=/data/database")
        binaries = "$(ls -d /usr/lib/postgresql/*/bin)"
        started = "initdb -U postgres --auth=scram-sha-256 --pwfile=/data/password --locale=C.UTF-8 --no-sync && exec postgres"
        script = (
            f'export PATH={binaries}:$PATH; printf %s "$POSTGRES_PASSWORD" >/data/password; '
            f"{started} -c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp"
        )
        database = {name: settings[name] for name in ("POSTGRES_PASSWORD", "DATABASE_OWNER_PASSWORD", "DATABASE_PASSWORD")}
        names = {"POSTGRES_USER": "postgres", "POSTGRES_DB": "fingerpost"}
        named = {"PGHOST": "127.0.0.1", "PGPASSWORD": settings["POSTGRES_PASSWORD"]}
        roles = f"{self.paths.root}/docker/database-roles.sh:/database-roles.sh:ro"
        options = (*owner, "--volume", roles, *self._env("postgres", {**database, **names, **named}))
        self._start_container("postgres", base.SERVERS, (*options, "--entrypoint", "sh"), ("-c", script))
        self._wait(
            lambda: self.engine.status("exec", "postgres", "psql", "-U", "postgres", "-c", "SELECT 1")[0] == 0,
            "PostgreSQL does not answer.",
        )
        self.engine.podman("exec", "postgres", "psql", "-U", "postgres", "-c", "CREATE DATABASE fingerpost")
        self.engine.podman("exec", "postgres", "sh", "/database-roles.sh")
        # The command of compose, by which the broker gets its password.
        shell, flag, command = (compose.interpolate(part, settings) for part in services["valkey"]["command"])
        broker = dict.fromkeys(("BROKER_PASSWORD", "REDISCLI_AUTH"), settings["BROKER_PASSWORD"])
        self._start_container(
            "valkey", base.SERVERS, ("--read-only", *self._env("valkey", broker), "--user", "nobody", "--entrypoint", shell),
            (flag, command),
        )  # fmt: skip

    def _make_keys(self) -> None:
        root = f"{SECRETS}/root.pem"
        self.container("signing", "manage", "signing", "new-root", root)
        made = self._last_json(self.container("signing", "manage", "signing", "new-key", f"{SECRETS}/release.pem", "--json"))
        document = ("--root", root, "--document", f"{SECRETS}/keys.jws", f"--key={made['public']}")
        self.container("signing", "manage", "signing", "rotate", *document)

    def start_role(self, name: str) -> float:
        """Start a role that runs all the time; return the seconds until it was healthy."""
        role, begun = self.roles[name], time.monotonic()
        self._start_container(name, build.NAME, self._options(role, name), role.command)
        if role.is_watched:
            self._wait(lambda: self.engine.status("healthcheck", "run", name)[0] == 0, f"{name} does not become healthy.")
        return time.monotonic() - begun

    def stop_role(self, name: str) -> tuple[float, int]:
        """Stop a role as `docker compose stop` does, which kills it after a while; return how long it took, and its status."""
        begun, seconds = time.monotonic(), self.roles[name].stops_within
        process = next(process for process in self.processes.running if process.name == f"container {name}")
        self.processes.running.remove(process)
        self.engine.podman("stop", "--time", str(seconds), name)
        process.wait_or_kill(time.monotonic() + 30)
        return time.monotonic() - begun, int(self.engine.podman("inspect", "--format", "{{.State.ExitCode}}", name).strip())

    def container(self, role: str, *command: str, text: str = "", mounts: tuple[str, ...] = ()) -> str:
        """Run a command in a container of a role, as `docker compose run --rm` does; return its output. CommandFailed."""
        chosen = self.roles[role]
        options = (*self._options(chosen, f"{role}-once"), *(part for one in mounts for part in ("--volume", one)))
        try:
            return self.engine.podman("run", "--rm", "--interactive", *_NETWORK, *options, build.NAME, *command, text=text)
        except UserError as error:
            raise CommandFailed(str(error)) from None

    # What the demo calls

    def run_python(self, *arguments: str, text: str = "", **settings: str) -> str:
        """Run a management command in a container of the image, as the owner or as the product."""
        program, *rest = arguments
        if program != "manage.py":
            return super().run_python(*arguments, text=text, **settings)
        # A file that a command reads is mounted under its own path.
        files = tuple(f"{part}:{part}:ro" for part in rest if part.startswith(f"{self.paths.run}/"))
        for part in rest:
            if part.startswith(f"{self.paths.run}/"):
                Path(part).chmod(0o644)
        return self.container("migrate" if rest[0] in OWNERS_COMMANDS else "console", "manage", *rest, text=text, mounts=files)

    def json_commands(self, *commands: Sequence[str], texts: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Run each command in a container of its own: the image has nothing of the checkout's tools."""
        inputs = texts or [""] * len(commands)
        return [self.json_command(*one, text=text) for one, text in zip(commands, inputs, strict=True)]

    def settings_of(self, command: str) -> dict[str, str]:
        """Return no settings: the role of a container has them all."""
        return {}

    # Containers

    def _options(self, role: compose.Role, name: str) -> tuple[str, ...]:
        demonstration = {"FINGERPOST_SANDBOX": "1", "SERVE_UNREVIEWED": "1"}
        ports = {"PORT": _PORTS[role.name]} if role.name in _PORTS else {}
        return (*role.options, *self._env(name, {**role.environment, **demonstration, **ports}))

    def _env(self, name: str, settings: Mapping[str, str]) -> tuple[str, str]:
        file = self.engine.home / f"{name}.env"
        file.touch(mode=0o600)
        file.write_text(environment_file(settings), "utf-8")
        return ("--env-file", str(file))

    def _start_container(self, name: str, image: str, options: tuple[str, ...], command: tuple[str, ...]) -> None:
        run = self.engine.podman_command("run", "--replace", "--name", name, *_NETWORK, *options, image, *command)
        log = self.paths.log(name)
        # Not the plain name: a sandbox looks for the signs of life of its own worker.
        self.processes.start(ManagedProcess(f"container {name}", run, self.engine.environment, log, cwd="/", stop_timeout=20))

    def _wait(self, happened: Any, failed: str) -> None:
        if not self.wait_for(happened, patience=_PATIENCE):
            raise UserError(f"{failed} The logs are in {self.paths.logs}.")

    @staticmethod
    def _last_json(output: str) -> dict[str, Any]:
        return dict(json.loads(output.strip().splitlines()[-1]))
