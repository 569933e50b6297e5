"""The smallest possible WSGI application, for comparison: it serves one file (or 304) from a dict in memory.

The difference between our fast path and this is the cost of the fast path; the difference between this and nginx is the cost of
the server. Every path serves the file BARE_FILE, or the file of the same name with `.gz`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_FILE = Path(os.environ["BARE_FILE"])
#: (whether gzip is accepted, whether the client sends If-None-Match) to status and body.
_RESPONSES = {
    (False, False): ("200 OK", _FILE.read_bytes()),
    (True, False): ("200 OK", _FILE.with_name(f"{_FILE.name}.gz").read_bytes()),
    (False, True): ("304 Not Modified", b""),
}


def application(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Respond from memory."""
    status, body = _RESPONSES[environ.get("HTTP_ACCEPT_ENCODING") == "gzip", "HTTP_IF_NONE_MATCH" in environ]
    length = [("Content-Length", str(len(body)))] if body else []
    start_response(status, [("Content-Type", "application/json"), ("ETag", '"bare"'), *length])
    return [body]
