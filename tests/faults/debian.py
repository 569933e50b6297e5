"""Debian's own PostgreSQL, Redis and RabbitMQ as processes of a test: own ports, own data, no service of the system."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.sandbox import postgres
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import ManagedProcess, ManagedProcesses, Owner

PASSWORDS = ("superuser-of-a-test", "role-of-a-test")


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

    def postgres(self) -> str:
        """Start the newest PostgreSQL of the system and return DATABASE_URL."""
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1]
        record = self.paths.run / "postgres.json"
        server = postgres.Cluster(binaries, self.home / "pg", self.owner, self.home, record, {}, locale=("--locale=C.UTF-8",))
        port = any_free_port()
        postgres.start(server, self.processes, port, self.paths.logs / "postgres.log", *PASSWORDS)
        return server.url(port, PASSWORDS[1])

    def redis(self) -> str:
        """Start Redis (or Valkey) without persistence and return BROKER_URL."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        assert program
        port = any_free_port()
        options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--daemonize", "no")
        self._start("redis", [program, *options, "--dir", str(self._folder("redis"))], {})
        self._until(lambda: _answers(port, b"PING\r\n", b"+PONG"))
        return f"redis://127.0.0.1:{port}/0"

    def rabbitmq(self) -> str:
        """Start RabbitMQ with a name server of its own and return BROKER_URL."""
        folder, port = self._folder("rabbitmq"), any_free_port()
        settings = {
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
        self._until(lambda: _answers(port, b"AMQP\x00\x00\x09\x01", b"\x01"), seconds=90)
        return f"amqp://guest:guest@127.0.0.1:{port}//"

    def stop(self) -> None:
        """End all, and remove their data."""
        self.processes.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _folder(self, name: str) -> Path:
        folder = self.home / name
        folder.mkdir(mode=0o700)
        if self.owner:
            os.chown(folder, self.owner.uid, self.owner.gid)
        return folder

    def _start(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        path = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        log = self.paths.logs / f"{name}.log"
        self.processes.start(
            ManagedProcess(name, command, {**path, **environment}, log, cwd="/", owner=self.owner, stop_timeout=15)
        )

    def _until(self, up: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not up():
            ended = [child for child in self.processes.running if child.poll() is not None]
            assert not ended, f"{ended[0].name} ended: {ended[0].log.read_text(errors='replace')[-2000:]}"
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.1)


def _answers(port: int, question: bytes, beginning: bytes) -> bool:
    """Tell whether the server says what it says when it is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(question)
            return connection.recv(64).startswith(beginning)
    except OSError:
        return False
