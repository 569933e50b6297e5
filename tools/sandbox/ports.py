"""The ports of a sandbox: PORT for the web, free ones for the other servers, kept from start to start while they stay free."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping

from tools.sandbox.paths import Paths, read_json, write_json
from tools.sandbox.terminal import UserError

#: Below the ports that systems give to outgoing connections: from 32,768 on Linux, from 49,152 by RFC 6335.
_NEVER_OUTGOING = range(20_000, 32_768)
#: Not the seeded one of a test run, by which its processes would all draw the same ports.
_RANDOM = random.SystemRandom()


def web_port(environment: Mapping[str, str]) -> int:
    """Return PORT, or 8000. UserError if it is in use."""
    port = port_from(environment, "PORT") or 8000
    if not is_free(port):
        raise UserError(
            f"Port {port} is in use by another program. Stop that program, or choose another port: PORT={port + 1} ./run"
        )
    return port


def inner_port(paths: Paths, environment: Mapping[str, str], name: str) -> int:
    """Return the port for `name` (postgres, emulator, console): FINGERPOST_<NAME>_PORT, the one used last time, or any free one.

    UserError if the port in the environment is in use.
    """
    variable = f"FINGERPOST_{name.upper()}_PORT"
    wanted = port_from(environment, variable)
    if wanted:
        if not is_free(wanted):
            raise UserError(f"Port {wanted} is in use by another program. Choose another one with {variable}.")
        return wanted
    path = paths.run / "ports.json"
    kept = read_json(path)
    port = kept.get(name)
    if not (isinstance(port, int) and is_free(port)):
        port = any_free_port()
        write_json(path, {**kept, name: port})
    return port


def is_free(port: int) -> bool:
    """Return whether no process listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        # Connections of a server that has just stopped must not make its port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """Return a port of 127.0.0.1 on which no process listens, and which no outgoing connection gets before it is used.

    UserError if there is none.
    """
    for port in _RANDOM.sample(_NEVER_OUTGOING, 200):
        if is_free(port):
            return port
    raise UserError(f"No free port was found between {_NEVER_OUTGOING.start} and {_NEVER_OUTGOING.stop - 1}.")


def port_from(environment: Mapping[str, str], name: str) -> int | None:
    """Return the port number in an environment variable, or None if it is not set. UserError if it is not a port number."""
    raw = environment.get(name, "").strip()
    if not raw:
        return None
    if not (raw.isdecimal() and 0 < int(raw) < 65536):
        raise UserError(f"{name} must be a port number from 1 to 65535, not {raw!r}.")
    return int(raw)
