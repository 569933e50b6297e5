"""Ctrl-C, SIGTERM and a closed terminal end a run in the same way: one KeyboardInterrupt."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Handlers for the signals that end a run, which can be deferred and, once the run is stopping, ignored."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._depth = 0
        self._pending = False
        self._ignored = False
        if threading.current_thread() is threading.main_thread():
            for number in self.SIGNALS:
                # nohup ignores SIGHUP so that a closed terminal changes nothing.
                if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, self._arrived)

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if self._ignored:
            return
        if self._depth:
            self._pending = True
            return
        raise KeyboardInterrupt

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Defer an interrupt to the end of the block."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._pending and not self._depth and not self._ignored:
            self._pending = False
            raise KeyboardInterrupt

    def ignore(self) -> None:
        """Ignore further interrupts, because the run is already being stopped."""
        self._ignored = True
