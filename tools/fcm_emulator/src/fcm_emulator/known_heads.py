"""Heads of HTTP/1.1 requests that were read before: a sender's requests differ in their bodies, and their heads are few."""

from __future__ import annotations

from typing import NamedTuple

import httptools

MOST_HEADS = 1_000
LONGEST_HEAD = 4_096
_END = b"\r\n\r\n"
#: With one of these a body may end elsewhere than its length says, or something has to be said before it.
_INTRICATE = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"connection", b"trailer"})


class Head(NamedTuple):
    """The head of a request, and the length of the body behind it."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    length: int


class KnownHeads:
    """What certain bytes at the beginning of a request mean."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def find(self, data: bytes, start: int) -> tuple[bytes, Head | None]:
        """Return the bytes from `start` to the end of a head (none when there is no end), and what they are known to mean."""
        end = data.find(_END, start)
        if end < 0:
            return b"", None
        head = data[start : end + len(_END)]
        return head, self._known.get(head)

    def learn(self, head: bytes, meaning: Head) -> None:
        """Remember a head unless its end, or that of its body, could be in doubt."""
        if head in self._known or len(head) > LONGEST_HEAD or not meaning.length or _INTRICATE & meaning.headers.keys():
            return
        # Tried out, because what looks like the end of a head may stand before or in the middle of it, or in the body.
        if not _Trial().ends_as(head, meaning.length):
            return
        if len(self._known) >= MOST_HEADS:
            self._known.clear()
        self._known[head] = meaning


class _Trial:
    """Reads one head and its body with the parser that reads all others."""

    def __init__(self) -> None:
        #: What was complete so far: "head", "request".
        self._complete: list[str] = []
        self._received = 0

    def ends_as(self, head: bytes, length: int) -> bool:
        """Say whether the head ends where it seems to, and its body after so many bytes."""
        parser = httptools.HttpRequestParser(self)
        seen = []
        try:
            for part in (head, b"x" * (length - 1), b"x"):
                parser.feed_data(part)
                seen.append(len(self._complete))
        except httptools.HttpParserError:
            return False
        return seen == [1, 1, 2] and self._received == length and bool(parser.should_keep_alive())

    def on_headers_complete(self) -> None:
        """Take note."""
        self._complete.append("head")

    def on_body(self, body: bytes) -> None:
        """Take note."""
        self._received += len(body)

    def on_message_complete(self) -> None:
        """Take note."""
        self._complete.append("request")
