"""A TCP proxy that delays what passes through it, as a distance between two machines does.

`python -m tools.faults.proxy PORT HOST TARGET` passes connections to PORT of loopback on to a port of another host.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

#: What is passed on of the bytes that a client has sent; it may keep some until more have come.
Rewriter = Callable[[bytes], bytes]


def _as_it_is(data: bytes) -> bytes:
    return data


class DelayingProxy:
    """Listens on a port of its own and passes everything on; `delay` is in seconds and for one way.

    `at` is the address that it listens on, and `own` the port if it matters. `rewriter` returns a function for one connection
    that changes what its client sends. Each piece of what passes is put off by so many seconds more as `lost` returns, with all
    that follows on the connection, as when TCP repeats a packet.
    """

    def __init__(
        self, port: int, *, delay: float, host: str = "127.0.0.1", at: str = "127.0.0.1", own: int = 0,
        rewriter: Callable[[], Rewriter] = lambda: _as_it_is, lost: Callable[[], float] = lambda: 0.0,
    ) -> None:  # fmt: skip
        #: Host and port that new connections are passed on to.
        self.target, self._delay, self._rewriter, self._lost = (host, port), delay, rewriter, lost
        self._server = socket.create_server((at, own), backlog=512)
        self.port = int(self._server.getsockname()[1])
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Stop listening, and end all connections."""
        self._server.close()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.target, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for line in (near, far):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._lines.append(line)
            self._pass_on(near, far, self._rewriter())
            self._pass_on(far, near, _as_it_is)

    def _pass_on(self, source: socket.socket, target: socket.socket, rewrite: Rewriter) -> None:
        waiting: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        threading.Thread(target=self._read, args=[source, waiting, rewrite], daemon=True).start()
        threading.Thread(target=_write, args=[target, waiting], daemon=True).start()

    def _read(self, source: socket.socket, waiting: SimpleQueue[tuple[float, bytes]], rewrite: Rewriter) -> None:
        data = b"begin"
        while data:
            try:
                data = source.recv(65_536)
            except OSError:
                data = b""
            passed_on = rewrite(data) if data else b""
            # An empty one marks the end of the connection.
            if passed_on or not data:
                waiting.put((time.monotonic() + self._delay + self._lost(), passed_on))


def _write(target: socket.socket, waiting: SimpleQueue[tuple[float, bytes]]) -> None:
    while True:
        due, data = waiting.get()
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            if not data:
                target.shutdown(socket.SHUT_RDWR)
                return
            target.sendall(data)
        except OSError:
            return


if __name__ == "__main__":
    DelayingProxy(int(sys.argv[3]), delay=0.0, host=sys.argv[2], own=int(sys.argv[1]))
    threading.Event().wait()
