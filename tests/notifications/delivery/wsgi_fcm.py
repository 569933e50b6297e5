"""A WSGI application that accepts every message, and tells over which protocol they came."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

_seen: Counter[str] = Counter()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer `messages:send` like FCM, and anything else with the counts."""
    sending = environ["PATH_INFO"].endswith("messages:send")
    if sending:
        environ["wsgi.input"].read()
        _seen[environ["SERVER_PROTOCOL"]] += 1
    body = json.dumps({"name": "projects/p/messages/0:1"} if sending else dict(_seen)).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
