"""A reader beside a soak: one request a second, and which of them failed."""

from __future__ import annotations

import threading
import time
from itertools import cycle

from urllib3.exceptions import HTTPError

from tools.sandbox.http_client import Client

PATHS = ("/v1/manifest", "/v1/packs/GB/en", "/v1/alerts?country=GB&audience=parent&locale=en")


class Reader(threading.Thread):
    """Reads the paths in turn until it is ended."""

    def __init__(self, url: str, pause: float = 1.0) -> None:
        super().__init__(daemon=True)
        self._url, self._pause = url, pause
        self._over = threading.Event()
        self.reads = 0
        #: When a read failed, on the clock of time.monotonic(), and why.
        self.failures: list[tuple[float, str]] = []

    def run(self) -> None:
        """Read until `end`."""
        for path in cycle(PATHS):
            if self._over.wait(self._pause):
                return
            self.reads += 1
            client = Client(self._url, timeout=5, retries=False)
            try:
                status = client.get(path).status
                if status != 200:
                    self.failures.append((time.monotonic(), f"{path}: {status}"))
            except HTTPError as error:
                self.failures.append((time.monotonic(), f"{path}: {type(error).__name__}"))
            finally:
                client.close()

    def end(self) -> None:
        """Stop reading."""
        self._over.set()
        self.join(timeout=10)
