"""HTTP requests to servers of this machine, over one kept connection and never through a proxy."""

from __future__ import annotations

from urllib3 import BaseHTTPResponse, Retry, connection_from_url
from urllib3.exceptions import HTTPError

#: A server may close a kept connection when it is restarted: one more try, whatever the method. A 503 is an answer.
_RETRY = Retry(connect=0, read=1, other=0, allowed_methods=None, respect_retry_after_header=False)


class Client:
    """A client of one server. Responses are urllib3's: `status`, `headers`, `data` (bytes) and `json()`."""

    def __init__(self, url: str, timeout: float = 30, *, retries: Retry | bool = _RETRY) -> None:
        self._pool = connection_from_url(url, maxsize=1, timeout=timeout, retries=retries)

    def get(self, path: str, **headers: str) -> BaseHTTPResponse:
        """Send GET; underscores in header names become hyphens."""
        return self._pool.request("GET", path, headers=_named(headers), redirect=False)

    def post(self, path: str, value: object, **headers: str) -> BaseHTTPResponse:
        """Send POST with a JSON body."""
        return self._pool.request("POST", path, json=value, headers=_named(headers), redirect=False)

    def request(self, method: str, path: str, value: object = None, **headers: str) -> BaseHTTPResponse:
        """Send a request of any method, with a JSON body unless `value` is None."""
        if value is None:
            return self._pool.request(method, path, headers=_named(headers), redirect=False)
        return self._pool.request(method, path, json=value, headers=_named(headers), redirect=False)

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


def is_up(url: str, path: str) -> bool:
    """Return whether GET on the path is answered with 200 within two seconds."""
    client = Client(url, timeout=2, retries=False)
    try:
        return client.get(path).status == 200
    except HTTPError:
        return False
    finally:
        client.close()


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
