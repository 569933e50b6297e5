"""Terminal output: plain lines, and progress while something takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A reason why a command cannot go on: one sentence for the person at the terminal, without a traceback."""


def say(text: str = "") -> None:
    """Print a line and flush it."""
    print(text, flush=True)


def say_error(text: str) -> None:
    """Print a line to standard error and flush it."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print what the block does, and the seconds it took if at least 0.5."""
    started = time.monotonic()
    print(f"  {text} …", end="", flush=True)
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    took = time.monotonic() - started
    print(f" {took:.1f} s" if took >= 0.5 else "", flush=True)


class Progress:
    """A running count: updated in place on a terminal, printed as a new line every ten seconds elsewhere."""

    def __init__(self, text: str, total: int) -> None:
        self.text, self.total, self.count = text, total, 0
        self.started = self.shown = time.monotonic()
        self.live = sys.stdout.isatty()
        say(f"  {text} …")

    def advance(self, count: int, note: str = "") -> None:
        """Set the count, with a note behind it if given, and print both when the last line is old enough."""
        self.count = count
        now = time.monotonic()
        if now - self.shown < (0.2 if self.live else 10):
            return
        self.shown = now
        line = f"    {min(count, self.total)} of {self.total}, {now - self.started:.0f} s{f' ({note})' if note else ''}"
        # A shorter line has to cover the longer one before it.
        print(f"\r{line}\033[K" if self.live else line, end="" if self.live else "\n", flush=True)

    def done(self) -> None:
        """Print the total time in seconds."""
        start = "\r\033[K" if self.live else ""
        print(f"{start}    done in {time.monotonic() - self.started:.0f} s", flush=True)
