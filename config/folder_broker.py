"""kombu's filesystem transport, made safe for concurrent processes.

kombu creates a message's file empty and then writes it. A worker that lists the folder in between reads an empty file,
fails to parse it as JSON, and exits. Here a file gets its final name only when it is complete.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class FolderChannel(filesystem.Channel):
    """Messages as files in a folder, each renamed into place when complete."""

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        with self._bindings(fcntl.LOCK_EX):
            super()._queue_bind(exchange, routing_key, pattern, queue)  # type: ignore[no-untyped-call]

    def get_table(self, exchange: str) -> Any:
        """Return the bindings of the exchange, read under the lock that writers hold."""
        with self._bindings(fcntl.LOCK_SH):
            return super().get_table(exchange)  # type: ignore[no-untyped-call]

    @contextmanager
    def _bindings(self, kind: int) -> Iterator[None]:
        """Hold a lock: kombu creates the table of queues empty and writes it afterwards, too."""
        folder = Path(self.control_folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "bindings.lock").open("w") as file:
            fcntl.flock(file, kind)
            yield

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}"
        folder = Path(self.data_folder_out)
        part = folder / f"{name}.part"
        part.write_bytes(str_to_bytes(dumps(payload)))
        os.replace(part, folder / f"{name}.msg")

    def _get(self, queue: str) -> Any:  # type: ignore[override]
        try:
            return super()._get(queue)  # type: ignore[no-untyped-call]
        except ValueError:
            # A partial file from another program: losing a wake-up is harmless, losing a worker is not.
            raise Empty from None


class Transport(filesystem.Transport):
    """The filesystem transport with this channel."""

    Channel = FolderChannel
