"""Poll the database for work in each worker process: sending goes on without broker and beat, whose wake-ups only come sooner."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections, connection

#: Seconds between two looks for work.
INTERVAL = 1.0
#: Seconds between two looks by the step that looks more often.
SHORT_INTERVAL = 0.2
#: Seconds for which the end of a process waits for its threads: a batch that is being sent is settled first.
STOP_WITHIN = 25.0
#: Seconds after which a step counts as stuck: longer than any statement may take (core.database_limits).
STEP_LIMIT = 20 * 60.0

_logger = logging.getLogger(__name__)


class Poller:
    """Threads that repeat a step each until they are stopped. A step gets the event that asks it to end early.

    The step `often`, if there is one, is repeated five times a second. A further thread calls `alive` each second, as long as
    none of them is stuck in a step.
    """

    def __init__(
        self,
        *steps: Callable[[threading.Event], object],
        often: Callable[[threading.Event], object] | None = None,
        alive: Callable[[], object] = lambda: None,
    ) -> None:
        self._often = often
        steps = (*steps, often) if often else steps
        self._alive = alive
        self._stopping = threading.Event()
        #: For each thread: to look for work now.
        self._woken = [threading.Event() for _ in steps]
        self._threads = [
            threading.Thread(target=self._repeat, args=[step, woken], name=f"poll-{number}", daemon=True)
            for number, (step, woken) in enumerate(zip(steps, self._woken, strict=True))
        ]
        #: By name of the thread: when its current step began, or it last looked whether to take one.
        self._moved_at = {thread.name: time.monotonic() for thread in self._threads}
        self._threads.append(threading.Thread(target=self._show_life, name="poll-alive", daemon=True))

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Let each thread look for work now, or once more after its current step.

        The thread of the step `often` is left out: it looks soon anyway, and the step may call this without repeating itself.
        """
        for woken in self._woken[: -1 if self._often else None]:
            woken.set()

    def stop(self) -> None:
        """Ask the steps to end, and wait for them."""
        self._stopping.set()
        for woken in self._woken:
            woken.set()
        for thread in self._threads:
            thread.join(timeout=STOP_WITHIN)

    @property
    def is_stuck(self) -> bool:
        """Whether a thread has been in one step for longer than any step may take, or has ended."""
        return time.monotonic() - min(self._moved_at.values()) > STEP_LIMIT

    def _show_life(self) -> None:
        while True:
            if not self.is_stuck:
                self._alive()
            if self._stopping.wait(INTERVAL):
                return

    def _repeat(self, step: Callable[[threading.Event], object], woken: threading.Event) -> None:
        failed = False
        while True:
            woken.wait(SHORT_INTERVAL if step is self._often and not failed else INTERVAL)
            woken.clear()
            self._moved_at[threading.current_thread().name] = time.monotonic()
            if self._stopping.is_set():
                break
            try:
                step(self._stopping)
                failed = False
            except Exception as error:
                failed = True
                # Only the class is logged: the text could contain an address.
                _logger.error("Polling failed with %s; trying again.", type(error).__name__)
                connection.close()
            finally:
                close_old_connections()
        connection.close()
