"""The least that a WSGI application can do, for comparison: the bytes of a file (or 304) from one look into a dict.

What it answers more than the fast lane is what the lane costs; what nginx answers more than it, what the server costs.
Serves the path BARE_FILE, and beside it the same with `.gz`, at every address.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_FILE = Path(os.environ["BARE_FILE"])
#: By whether gzip is asked for and whether the client knows the answer.
_HELD = {
    (False, False): ("200 OK", _FILE.read_bytes()),
    (True, False): ("200 OK", _FILE.with_name(f"{_FILE.name}.gz").read_bytes()),
    (False, True): ("304 Not Modified", b""),
}


def application(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Answer from memory."""
    status, body = _HELD[environ.get("HTTP_ACCEPT_ENCODING") == "gzip", "HTTP_IF_NONE_MATCH" in environ]
    length = [("Content-Length", str(len(body)))] if body else []
    start_response(status, [("Content-Type", "application/json"), ("ETag", '"bare"'), *length])
    return [body]
