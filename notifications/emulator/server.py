"""Listens, and stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable

import uvloop

from notifications.emulator.handler import Handler
from notifications.emulator.http1 import Http1


def serve(handler: Handler, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told the address once it can be reached. OSError when the port is taken."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, contextlib.suppress(KeyboardInterrupt):
        runner.run(_serve(handler, host, port, ready))


async def _serve(handler: Handler, host: str, port: int, ready: Callable[[str], None]) -> None:
    loop = asyncio.get_running_loop()
    connections: set[Http1] = set()
    server = await loop.create_server(lambda: Http1(handler, loop, connections), host, port, backlog=1024)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    bound = server.sockets[0].getsockname()
    ready(f"http://{f'[{bound[0]}]' if ':' in bound[0] else bound[0]}:{bound[1]}/")
    await stopped.wait()
    server.close()
    # Answers that a plan holds back are not waited for: whoever stops the emulator wants it gone.
    for connection in list(connections):
        connection.abandon()
