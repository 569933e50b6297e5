"""A small HTTP client over one kept connection, for the story and for asking whether a server is up."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class Client:
    """Asks one server of this machine; never through a proxy."""

    def __init__(self, url: str, timeout: float = 30) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)

    def get(self, path: str, **headers: str) -> Answer:
        """Send GET."""
        return self._send("GET", path, None, headers)

    def post(self, path: str, value: object, **headers: str) -> Answer:
        """Send POST with a JSON body."""
        body = json.dumps(value, ensure_ascii=False).encode()
        return self._send("POST", path, body, {"Content-Type": "application/json", **headers})

    def close(self) -> None:
        """Let the connection go."""
        self.connection.close()

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            return self._once(method, path, body, named)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # A kept connection may have been closed meanwhile by a server that was started again; a new one tells.
            self.connection.close()
            return self._once(method, path, body, named)

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        try:
            self.connection.request(method, path, body, dict(headers))
            answer = self.connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, headers, answer.read())
        except (http.client.HTTPException, OSError):
            self.connection.close()
            raise


def is_up(url: str, path: str) -> bool:
    """Tell whether the path answers 200."""
    client = Client(url, timeout=2)
    try:
        return client.get(path).status == 200
    except (http.client.HTTPException, OSError):
        return False
    finally:
        client.close()
