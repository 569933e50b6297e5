"""Poll the database for work in each worker process: sending goes on without broker and beat, whose wake-ups only come sooner."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections, connection

#: Seconds between two looks for work.
INTERVAL = 1.0
#: Seconds for which the end of a process waits for its threads: a batch that is being sent is settled first.
STOP_WITHIN = 25.0

_logger = logging.getLogger(__name__)


class Poller:
    """Threads that repeat a step each until they are stopped. A step gets the event that asks it to end early."""

    def __init__(self, *steps: Callable[[threading.Event], object]) -> None:
        self._stopping = threading.Event()
        #: For each thread: to look for work now.
        self._woken = [threading.Event() for _ in steps]
        self._threads = [
            threading.Thread(target=self._repeat, args=[step, woken], name=f"poll-{number}", daemon=True)
            for number, (step, woken) in enumerate(zip(steps, self._woken, strict=True))
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Let each thread look for work now, or once more after its current step."""
        for woken in self._woken:
            woken.set()

    def stop(self) -> None:
        """Ask the steps to end, and wait for them."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(timeout=STOP_WITHIN)

    def _repeat(self, step: Callable[[threading.Event], object], woken: threading.Event) -> None:
        while True:
            woken.wait(INTERVAL)
            woken.clear()
            if self._stopping.is_set():
                break
            try:
                step(self._stopping)
            except Exception as error:
                # Only the class is logged: the text could contain an address.
                _logger.error("Polling failed with %s; trying again.", type(error).__name__)
                connection.close()
            finally:
                close_old_connections()
        connection.close()
