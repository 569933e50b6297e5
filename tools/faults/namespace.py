"""A network namespace whose packets can be dropped without an answer, as by a switch that fails. Needs root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from subprocess import CalledProcessError
from types import TracebackType
from typing import Self

from tools.faults.proxy import DelayingProxy

#: TEST-NET-2 of RFC 5737, which no network uses; each namespace has four addresses of it.
_NETWORK = "198.51.100"
#: A hardware address that nobody has: what is sent to it is dropped, and no error comes back.
_NOBODY = "02:00:00:00:00:ff"


def prevented() -> str:
    """Return why there can be no namespace here, or ""."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        return "network namespaces need root and the program ip"
    name = f"fingerpost-try-{os.getpid()}"
    try:
        _ip("netns", "add", name)
    except CalledProcessError as error:
        return f"this machine allows no network namespace: {error.stderr.decode(errors='replace').strip()}"
    _ip("netns", "del", name)
    return ""


class Namespace:
    """A namespace that reaches chosen ports of this machine, each through a proxy. Use it as a context manager.

    Several at a time stand for several machines; `number` (0 to 25) is different for each.
    """

    def __init__(self, number: int = 0) -> None:
        self._name = f"fingerpost-{os.getpid()}-{number}"
        letter = "abcdefghijklmnopqrstuvwxyz"[number]
        self._link, self._peer = f"fp{os.getpid() % 10**7}{letter}a", f"fp{os.getpid() % 10**7}{letter}b"
        self._here, self.address = f"{_NETWORK}.{4 * number + 1}", f"{_NETWORK}.{4 * number + 2}"
        self._proxies: list[DelayingProxy] = []
        self._forwarders: list[subprocess.Popen[bytes]] = []
        #: The beginning of a command that runs in the namespace, whose own address is `address`.
        self.within = ("ip", "netns", "exec", self._name)

    def __enter__(self) -> Self:
        _ip("netns", "add", self._name)
        _ip("link", "add", self._link, "type", "veth", "peer", "name", self._peer, "netns", self._name)
        _ip("address", "add", f"{self._here}/30", "dev", self._link)
        _ip("link", "set", self._link, "up")
        self._ip_there("address", "add", f"{self.address}/30", "dev", self._peer)
        self._ip_there("link", "set", self._peer, "up")
        self._ip_there("link", "set", "lo", "up")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for forwarder in self._forwarders:
            forwarder.kill()
            forwarder.wait()
        for proxy in self._proxies:
            proxy.stop()
        with suppress(CalledProcessError):
            # The other end goes with it.
            _ip("link", "del", self._link)
        _ip("netns", "del", self._name)

    def reach(self, port: int) -> tuple[str, int]:
        """Let a port of this machine be reached from the namespace; return host and port to use there."""
        proxy = DelayingProxy(port, delay=0.0, at=self._here)
        self._proxies.append(proxy)
        return self._here, proxy.port

    def reach_on_loopback(self, port: int) -> None:
        """Let a port of this machine be reached from the namespace on its own loopback, under the same number."""
        host, passage = self.reach(port)
        command = [*self.within, sys.executable, "-m", "tools.faults.proxy", str(port), host, str(passage)]
        self._forwarders.append(subprocess.Popen(command))

    def drop_all(self) -> None:
        """Drop all packets in both directions, without an error for either side."""
        _ip("neighbour", "replace", self.address, "lladdr", _NOBODY, "dev", self._link, "nud", "permanent")
        self._ip_there("neighbour", "replace", self._here, "lladdr", _NOBODY, "dev", self._peer, "nud", "permanent")

    def pass_all(self) -> None:
        """Let packets pass again."""
        _ip("neighbour", "del", self.address, "dev", self._link)
        self._ip_there("neighbour", "del", self._here, "dev", self._peer)

    def _ip_there(self, *arguments: str) -> None:
        _ip("-n", self._name, *arguments)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=20)
