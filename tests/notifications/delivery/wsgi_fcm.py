"""A WSGI application that accepts every message, and counts the protocols that they came by."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

_seen: Counter[str] = Counter()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Respond to `messages:send` like FCM, and to anything else with the counts."""
    sending = environ["PATH_INFO"].endswith("messages:send")
    if sending:
        environ["wsgi.input"].read()
        _seen[environ["SERVER_PROTOCOL"]] += 1
    body = json.dumps({"name": "projects/p/messages/0:1"} if sending else dict(_seen)).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
