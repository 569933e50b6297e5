"""Serve the web: `python -m config.serve --port 8000 --workers 2`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from config.start import require_settings
from core.counters import shared_folder

#: Connections that one worker holds at the same time. Each takes a file; idle ones end after HEAD_SECONDS.
MAX_CONNECTIONS = 10_000
#: Seconds for the head of a request, and for an idle connection.
HEAD_SECONDS = 10


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m config.serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen at (%(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes (%(default)s)")
    given = parser.parse_args(arguments)
    # Otherwise each worker process would fail with a traceback, and be started again for ever.
    require_settings()
    server = Granian(
        "config.rsgi:application",
        address=given.host,
        port=given.port,
        workers=given.workers,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000),
        websockets=False,
        backlog=2048,
        # Granian accepts no further connection beyond this number, also while all of them are idle.
        backpressure=MAX_CONNECTIONS,
        # A worker that has ended itself (core.server) is started again.
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_access=False,
    )
    with shared_folder():
        server.serve()


if __name__ == "__main__":
    main()
