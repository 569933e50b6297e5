"""Redis and RabbitMQ as brokers of a rig."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager, suppress
from subprocess import CalledProcessError
from urllib.parse import urlsplit

from tools.faults.debian_servers import DebianServices
from tools.faults.doubling import EachPublishTwice, EachPushTwice, doubling


class RedisBroker:
    """Debian's Redis."""

    name = "redis"

    def __init__(self, servers: DebianServices) -> None:
        self._servers, self.url = servers, servers.redis()

    def kill(self) -> None:
        """Kill it; all messages are lost."""
        self._servers.kill(self.name)

    def start_again(self) -> None:
        """Start it again, empty."""
        self._servers.start_again(self.name)

    def fill_up(self) -> None:
        """Let it refuse all writes: its memory is used up."""
        self._command("CONFIG SET maxmemory-policy noeviction")
        self._command("CONFIG SET maxmemory 1")

    def free(self) -> None:
        """Let it accept writes again."""
        self._command("CONFIG SET maxmemory 0")

    def doubling(self) -> AbstractContextManager[str]:
        """Return a context that yields the URL under which each message is delivered twice."""
        return doubling(self.url, EachPushTwice)

    def empty(self) -> None:
        """Remove all messages."""
        self._command("FLUSHALL")

    def _command(self, line: str) -> None:
        with socket.create_connection(("127.0.0.1", urlsplit(self.url).port or 0), timeout=5) as connection:
            connection.sendall(line.encode() + b"\r\n")
            answer = connection.recv(200)
        if not answer.startswith(b"+OK"):
            raise RuntimeError(f"Redis refused {line}: {answer.decode(errors='replace')}")


class RabbitBroker:
    """Debian's RabbitMQ."""

    name = "rabbitmq"

    def __init__(self, servers: DebianServices) -> None:
        self._servers, self.url = servers, servers.rabbitmq()

    def kill(self) -> None:
        """Kill it; messages that are not on its disk are lost."""
        self._servers.kill(self.name)

    def start_again(self) -> None:
        """Start it again."""
        self._servers.start_again(self.name)

    def fill_up(self) -> None:
        """Raise its memory alarm: it accepts no more messages."""
        self._servers.rabbitmqctl("set_vm_memory_high_watermark", "absolute", "1")

    def free(self) -> None:
        """End the alarm."""
        self._servers.rabbitmqctl("set_vm_memory_high_watermark", "0.4")

    def doubling(self) -> AbstractContextManager[str]:
        """Return a context that yields the URL under which each message is delivered twice."""
        return doubling(self.url, EachPublishTwice)

    def empty(self) -> None:
        """Remove all messages."""
        for queue in ("delivery", "upkeep"):
            with suppress(CalledProcessError):
                # There is no queue before the first worker.
                self._servers.rabbitmqctl("purge_queue", queue)
