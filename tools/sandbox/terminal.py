"""What a person at the terminal sees: plain lines, and a sign of life while something takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: When this run began, set-up included.
STARTED = time.monotonic()


class Refused(Exception):
    """A start that is refused; the text is the one sentence to print."""


def say(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)


def sentence(text: str) -> None:
    """Print a refusal or a failure, on standard error."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print what is being done, and how long it took when that was noticeable."""
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
    """A count that grows: rewritten in place on a terminal, every ten seconds as a line of its own elsewhere."""

    def __init__(self, text: str, total: int) -> None:
        self.text, self.total, self.count = text, total, 0
        self.started = self.shown = time.monotonic()
        self.live = sys.stdout.isatty()
        say(f"  {text} …")

    def advance(self, count: int) -> None:
        """Take the new count, and show it when it is time to."""
        self.count = count
        now = time.monotonic()
        if now - self.shown < (0.2 if self.live else 10):
            return
        self.shown = now
        line = f"    {min(count, self.total)} of {self.total}, {now - self.started:.0f} s"
        print(f"\r{line}" if self.live else line, end="" if self.live else "\n", flush=True)

    def done(self) -> None:
        """Print the end."""
        print(f"{chr(13) if self.live else ''}    done in {time.monotonic() - self.started:.0f} s", flush=True)
