"""Which ports a sandbox uses: PORT for the web, free ones for the rest, the same from start to start where they stay free."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from tools.sandbox.paths import Places, read_json, write_json
from tools.sandbox.terminal import Refused


def web_port(environment: Mapping[str, str]) -> int:
    """Return PORT, or 8000; refuse one that is in use."""
    port = asked_port(environment, "PORT") or 8000
    if not is_free(port):
        raise Refused(
            f"Port {port} is in use by another program: stop it, or choose another port, for example PORT={port + 1} ./run."
        )
    return port


def inner_port(places: Places, environment: Mapping[str, str], name: str) -> int:
    """Return a port for `name` (postgres, emulator): FINGERPOST_<NAME>_PORT, the last one, or any that is free."""
    variable = f"FINGERPOST_{name.upper()}_PORT"
    asked = asked_port(environment, variable)
    if asked:
        if not is_free(asked):
            raise Refused(f"Port {asked} is in use by another program: choose another with {variable}.")
        return asked
    path = places.run / "ports.json"
    kept = read_json(path)
    port = kept.get(name)
    if not (isinstance(port, int) and is_free(port)):
        port = any_free()
        write_json(path, {**kept, name: port})
    return port


def is_free(port: int) -> bool:
    """Tell whether nobody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        # A server that just went away leaves connections that do not stop a new one from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked_port(environment: Mapping[str, str], name: str) -> int | None:
    """Return the port that a variable asks for, or None."""
    raw = environment.get(name, "").strip()
    if not raw:
        return None
    if not (raw.isdecimal() and 0 < int(raw) < 65536):
        raise Refused(f"{name} must be a port number between 1 and 65535, not {raw!r}.")
    return int(raw)
