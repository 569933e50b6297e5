"""A cache of parsed HTTP/1.1 request heads: a sender's requests differ in their bodies and have few different heads."""

from __future__ import annotations

from typing import NamedTuple

import httptools

MAX_HEADS = 1_000
MAX_HEAD_LENGTH = 4_096
_END = b"\r\n\r\n"
#: Headers with which a body may not end at its Content-Length, or something has to be sent before the body.
_NOT_CACHED = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"connection", b"trailer"})


class CachedHead(NamedTuple):
    """The head of a request, and the length of the body that follows it."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    length: int


class HeadCache:
    """Request heads by their bytes."""

    def __init__(self) -> None:
        self._known: dict[bytes, CachedHead] = {}

    def find(self, data: bytes, start: int) -> tuple[bytes, CachedHead | None]:
        """Return the bytes from `start` to the end of a head (empty if it has no end), and the cached head, if any."""
        end = data.find(_END, start)
        if end < 0:
            return b"", None
        head = data[start : end + len(_END)]
        return head, self._known.get(head)

    def learn(self, head: bytes, parsed: CachedHead) -> None:
        """Cache a head, unless it is not certain where it or its body ends."""
        if head in self._known or len(head) > MAX_HEAD_LENGTH or not parsed.length or _NOT_CACHED & parsed.headers.keys():
            return
        # What looks like the end of a head may precede it, be in the middle of it or in the body: let the parser decide.
        if not _Trial().ends_as(head, parsed.length):
            return
        if len(self._known) >= MAX_HEADS:
            self._known.clear()
        self._known[head] = parsed


class _Trial:
    """Parses one head and one body with the parser that is used for all requests."""

    def __init__(self) -> None:
        #: What has been parsed completely: "head", "request".
        self._complete: list[str] = []
        self._received = 0

    def ends_as(self, head: bytes, length: int) -> bool:
        """Return whether the head ends with these bytes, and its body after `length` bytes."""
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
        self._complete.append("head")

    def on_body(self, body: bytes) -> None:
        self._received += len(body)

    def on_message_complete(self) -> None:
        self._complete.append("request")
