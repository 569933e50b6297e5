"""Listen, choose the protocol of each connection, and stop cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Callable
from typing import cast

import uvloop

from fcm_emulator.handler import Handler
from fcm_emulator.http1 import Http1
from fcm_emulator.http2 import Http2


class ProtocolSelector(asyncio.Protocol):
    """A TLS connection after its handshake, which is passed to the protocol chosen by ALPN."""

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop, connections: set[Http1 | Http2]) -> None:
        self._arguments = (handler, loop, connections)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        chosen = transport.get_extra_info("ssl_object").selected_alpn_protocol()
        protocol = (Http2 if chosen == "h2" else Http1)(*self._arguments)
        cast("asyncio.Transport", transport).set_protocol(protocol)
        protocol.connection_made(transport)


def serve(
    handler: Handler, *, host: str, port: int, ready: Callable[[str], None], encryption: ssl.SSLContext | None = None
) -> None:
    """Serve until SIGINT or SIGTERM. `ready` is called with the URL once the server listens. OSError if the port is in use."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, contextlib.suppress(KeyboardInterrupt):
        runner.run(_serve(handler, host, port, ready, encryption))


async def _serve(handler: Handler, host: str, port: int, ready: Callable[[str], None], encryption: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    connections: set[Http1 | Http2] = set()
    first = ProtocolSelector if encryption else Http1
    # A client that ignores GOAWAY gets a few seconds to read the last bytes.
    shutdown_timeout = 5 if encryption else None
    server = await loop.create_server(
        lambda: first(handler, loop, connections), host, port, backlog=1024, ssl=encryption, ssl_shutdown_timeout=shutdown_timeout
    )
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    bound = server.sockets[0].getsockname()
    scheme = "https" if encryption else "http"
    ready(f"{scheme}://{f'[{bound[0]}]' if ':' in bound[0] else bound[0]}:{bound[1]}/")
    await stopped.wait()
    server.close()
    # Delayed responses are dropped, so that the server stops at once.
    for connection in list(connections):
        connection.abort()
