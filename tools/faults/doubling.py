"""Let a broker deliver each message twice, through a proxy that repeats what clients of Redis or RabbitMQ publish."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tools.faults.proxy import DelayingProxy, Rewriter


class EachPushTwice:
    """Rewrites what one client of Redis sends: each LPUSH, by which messages enter a queue, has its last value twice."""

    def __init__(self) -> None:
        self._rest = b""

    def __call__(self, data: bytes) -> bytes:
        """Return the whole commands so far, rewritten; keep the beginning of one that has not ended."""
        self._rest += data
        passed_on = b""
        while (found := _first_command(self._rest)) is not None:
            words, size = found
            if words[0].upper() == b"LPUSH":
                words.append(words[-1])
            passed_on += b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
            self._rest = self._rest[size:]
        return passed_on


def _first_command(data: bytes) -> tuple[list[bytes], int] | None:
    """Return the words of the first command and its bytes in the Redis protocol (RESP); None if it is not whole yet."""
    head, end, _ = data.partition(b"\r\n")
    if not end:
        return None
    words, at = [], len(head) + 2
    for _ in range(int(head.removeprefix(b"*"))):
        size, end, _ = data[at:].partition(b"\r\n")
        if not end:
            return None
        begins = at + len(size) + 2
        at = begins + int(size.removeprefix(b"$")) + 2
        if len(data) < at:
            return None
        words.append(data[begins : at - 2])
    return words, at


class EachPublishTwice:
    """Rewrites what one client of RabbitMQ sends: each message that it publishes is published twice.

    A message is a method frame, a header frame with the size of the body, and frames of the body (AMQP 0-9-1, section 4.2).
    """

    _PREFACE = 8
    _METHOD, _HEADER = 1, 2
    #: Class and method of basic.publish.
    _PUBLISH = b"\x00\x3c\x00\x28"

    def __init__(self) -> None:
        self._rest, self._begun = b"", False
        #: By channel: the frames of a message so far, and the bytes of its body that are to come (None before its header).
        self._messages: dict[int, tuple[bytes, int | None]] = {}

    def __call__(self, data: bytes) -> bytes:
        """Return the whole frames so far, rewritten; keep the beginning of one that has not ended."""
        self._rest += data
        passed_on = b""
        if not self._begun:
            if len(self._rest) < self._PREFACE:
                return b""
            passed_on, self._rest, self._begun = self._rest[: self._PREFACE], self._rest[self._PREFACE :], True
        while len(self._rest) >= 7:
            kind, channel, size = struct.unpack(">BHI", self._rest[:7])
            if len(self._rest) < size + 8:
                break
            frame, self._rest = self._rest[: size + 8], self._rest[size + 8 :]
            passed_on += self._of_frame(kind, channel, frame)
        return passed_on

    def _of_frame(self, kind: int, channel: int, frame: bytes) -> bytes:
        """Return what is passed on with a frame: nothing within a message, and the message twice with its last one."""
        payload = frame[7:-1]
        if kind == self._METHOD and payload[:4] == self._PUBLISH:
            self._messages[channel] = (frame, None)
            return b""
        if channel not in self._messages or kind not in (self._HEADER, self._HEADER + 1):
            return frame
        earlier, missing = self._messages.pop(channel)
        missing = int.from_bytes(payload[4:12], "big") if missing is None else missing - len(payload)
        if missing > 0:
            self._messages[channel] = (earlier + frame, missing)
            return b""
        return 2 * (earlier + frame)


@contextmanager
def doubling(url: str, rewriter: Callable[[], Rewriter]) -> Iterator[str]:
    """Yield the URL of a proxy before a broker that lets each message arrive twice."""
    port = urlsplit(url).port or 0
    proxy = DelayingProxy(port, delay=0.0, rewriter=rewriter)
    try:
        yield url.replace(f":{port}/", f":{proxy.port}/")
    finally:
        proxy.stop()
