"""Debian's own PostgreSQL, Redis, RabbitMQ and PgBouncer as processes of a test: own ports and data, no service of the system."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tools.faults.postgres_server import PostgresServer
from tools.sandbox import postgres
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import ManagedProcess, ManagedProcesses, Owner, kill_group

_SYSTEM = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


class DebianServices:
    """Started one by one; `stop` ends them and removes their data."""

    def __init__(self, folder: Path, interrupts: Interrupts) -> None:
        self.paths = Paths(root=folder, run=folder / "services")
        self.paths.create()
        self.processes = ManagedProcesses(self.paths, interrupts)
        # As root these servers run as nobody, who cannot pass through a test's own folder.
        self.home = Path(tempfile.mkdtemp(prefix="fingerpost-services-", dir="/var/tmp"))
        self.home.chmod(0o711)
        nobody = pwd.getpwnam("nobody")
        self.owner = Owner(nobody.pw_uid, nobody.pw_gid) if os.geteuid() == 0 else None
        self._rabbitmq: dict[str, str] = {}
        self._ready: dict[str, Callable[[], bool]] = {}
        self._killed: dict[str, ManagedProcess] = {}

    def postgres(self) -> str:
        """Start the newest PostgreSQL of the system and return DATABASE_URL."""
        return self.database().start()

    def database(self, options: Mapping[str, str] | None = None) -> PostgresServer:
        """Return the newest PostgreSQL of the system with these settings, to be started."""
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1]
        record = self.paths.run / "postgres.json"
        server = postgres.Cluster(
            binaries, self.home / "pg", self.owner, self.home, record, options or {}, locale=("--locale=C.UTF-8",)
        )
        return PostgresServer(server, self.processes, self.paths.logs / "postgres.log")

    def pgbouncer(self, url: str) -> str:
        """Start PgBouncer in transaction mode before the database of a URL; return the URL through it."""
        database, port = urlsplit(url), any_free_port()
        name = database.path.strip("/")
        line = f"host=127.0.0.1 port={database.port} user={database.username} password={database.password}"
        settings = (
            f"[databases]\n{name} = {line}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
            # The limits of workers' sessions are given when a session begins, which a pooler in this mode cannot pass on.
            "pool_mode = transaction\ndefault_pool_size = 5\nunix_socket_dir =\nignore_startup_parameters = options\n"
        )
        file = self._folder("pgbouncer") / "pgbouncer.ini"
        file.write_text(settings)
        file.chmod(0o644)
        self._start("pgbouncer", ["/usr/sbin/pgbouncer", str(file)], {})
        self._until_ready("pgbouncer", lambda: _listens(port))
        return url.replace(f":{database.port}/", f":{port}/")

    def redis(self) -> str:
        """Start Redis (or Valkey) without persistence and return BROKER_URL."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        assert program
        port = any_free_port()
        options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--daemonize", "no")
        self._start("redis", [program, *options, "--dir", str(self._folder("redis"))], {})
        self._until_ready("redis", lambda: _answers(port, b"PING\r\n", b"+PONG"))
        return f"redis://127.0.0.1:{port}/0"

    def rabbitmq(self) -> str:
        """Start RabbitMQ with a name server of its own and return BROKER_URL."""
        folder, port = self._folder("rabbitmq"), any_free_port()
        self._rabbitmq = settings = {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"fingerpost-{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(any_free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(any_free_port()),
        }
        # Started here rather than by RabbitMQ, whose own would stay behind as a daemon.
        self._start("epmd", ["/usr/bin/epmd", "-address", "127.0.0.1", "-port", settings["ERL_EPMD_PORT"]], settings)
        self._start("rabbitmq", ["/usr/lib/rabbitmq/bin/rabbitmq-server"], settings)
        self._until_ready("rabbitmq", lambda: _answers(port, b"AMQP\x00\x00\x09\x01", b"\x01"))
        return f"amqp://guest:guest@127.0.0.1:{port}//"

    def rabbitmq_queues(self) -> list[tuple[str, str]]:
        """Return the name and the type of each queue of RabbitMQ, without those that end with their connection."""
        lines = self.rabbitmqctl("list_queues", "--no-table-headers", "name", "type", "exclusive").splitlines()
        found = [line.split("\t") for line in lines]
        return [(name, kind) for name, kind, exclusive in found if exclusive != "true"]

    def rabbitmqctl(self, *arguments: str) -> str:
        """Run a command of RabbitMQ on the one that was started; return what it prints."""
        done = subprocess.run(
            ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-q", *arguments],
            env={**_SYSTEM, **self._rabbitmq}, cwd="/", check=True, capture_output=True, timeout=60,
            user=self.owner.uid if self.owner else None, group=self.owner.gid if self.owner else None,
            extra_groups=[] if self.owner else None, text=True,
        )  # fmt: skip
        return done.stdout

    def kill(self, name: str) -> None:
        """Kill a server with all its processes."""
        process = self._named(name)
        kill_group(process.pid)
        process.wait_or_kill(time.monotonic())
        self.processes.running.remove(process)
        self._killed[name] = process

    def start_again(self, name: str) -> None:
        """Start a server again that was killed, and wait until it answers."""
        self.processes.start(self._killed.pop(name))
        self._until_ready(name, self._ready[name])

    def _named(self, name: str) -> ManagedProcess:
        return next(process for process in self.processes.running if process.name == name)

    def stop(self) -> None:
        """End all, and remove their data."""
        self.processes.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _folder(self, name: str) -> Path:
        folder = self.home / name
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.owner:
            os.chown(folder, self.owner.uid, self.owner.gid)
        return folder

    def _start(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        log = self.paths.logs / f"{name}.log"
        self.processes.start(
            ManagedProcess(name, command, {**_SYSTEM, **environment}, log, cwd="/", owner=self.owner, stop_timeout=15)
        )

    def _until_ready(self, name: str, ready: Callable[[], bool]) -> None:
        self._ready[name] = ready
        process, deadline = self._named(name), time.monotonic() + 90
        while not ready():
            assert process.poll() is None, f"{name} ended: {process.log.read_text(errors='replace')[-2000:]}"
            assert time.monotonic() < deadline, f"{name} does not answer"
            time.sleep(0.1)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def _answers(port: int, question: bytes, beginning: bytes) -> bool:
    """Tell whether the server says what it says when it is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(question)
            return connection.recv(64).startswith(beginning)
    except OSError:
        return False
