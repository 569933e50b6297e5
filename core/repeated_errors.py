"""Write the same warning or error at most once a minute, with the number of those that were left out.

While a database or broker is away, each request and each look for work fails in the same way, up to a hundred times a second. All
of it would wash the lines out of the log that say how the trouble began.
"""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

#: Seconds within which the same line is written once.
PERIOD = 60.0
#: Different lines that are remembered; the oldest is forgotten.
MAX_REMEMBERED = 256


@dataclass
class _Repeated:
    """A line that was written, and what came after it."""

    written_at: float
    left_out: int = 0
    last: logging.LogRecord | None = None


class OnceAMinute(logging.StreamHandler[TextIO]):
    """Write lines to a stream, by default standard error; what is below a warning is always written."""

    def __init__(self, stream: TextIO | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._clock = clock
        self._seen: dict[Any, _Repeated] = {}
        self._seen_lock = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, unless the same one was written a moment ago; and what was left out of those of earlier."""
        for earlier in self._due(record):
            super().emit(earlier)

    def close(self) -> None:
        """Write how many were left out, before the end of the process."""
        for earlier in self._left_out(now=float("inf")):
            super().emit(earlier)
        super().close()

    def _due(self, record: logging.LogRecord) -> list[logging.LogRecord]:
        now = self._clock()
        with self._seen_lock:
            due = list(self._ended(now=now))
            if record.levelno < logging.WARNING:
                return [*due, record]
            key = _key(record)
            seen = self._seen.get(key)
            if seen is not None:
                seen.left_out += 1
                seen.last = _text_alone(record)
                return due
            while len(self._seen) >= MAX_REMEMBERED:
                forgotten = self._seen.pop(next(iter(self._seen)))
                due += _counted(forgotten)
            self._seen[key] = _Repeated(now)
            return [*due, record]

    def _left_out(self, *, now: float) -> list[logging.LogRecord]:
        with self._seen_lock:
            return list(self._ended(now=now))

    def _ended(self, *, now: float) -> Iterator[logging.LogRecord]:
        """Forget the lines that were written a minute ago, and yield the last one of those that came again since."""
        for key in [key for key, seen in self._seen.items() if now - seen.written_at >= PERIOD]:
            yield from _counted(self._seen.pop(key))


def _counted(seen: _Repeated) -> Iterator[logging.LogRecord]:
    """Yield the last record that was left out, with the number of all of them, the record itself not included."""
    if seen.last is not None:
        # It is written itself, so it is not among those that were left out.
        seen.last.left_out = seen.left_out - 1
        yield seen.last


def _text_alone(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy without its exception, whose frames would keep a request and its connection alive for a minute."""
    kept = copy.copy(record)
    kept.msg, kept.args = record.getMessage(), None
    kept.exc_info = kept.exc_text = None
    return kept


def _key(record: logging.LogRecord) -> Any:
    """Return what two records have in common that say the same: the text, or the kind and place of an exception."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is None:
        return record.name, record.levelno, record.getMessage()
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ()
    return record.name, record.levelno, str(record.msg), type(error).__name__, place
