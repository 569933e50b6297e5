"""HTTP/1.1 in front of the handler: keep-alive, pipelining, answers in the order of their requests."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus
from itertools import repeat
from typing import Any, cast

import httptools

from fcm_emulator import answers
from fcm_emulator.exchange import HUGE_CHUNK, HUGE_SIZE, Reply, Request
from fcm_emulator.handler import Handler
from fcm_emulator.known_heads import Head, KnownHeads

LARGEST_BODY = 64 * 1024
LARGEST_HEAD = 16 * 1024
MOST_HEADERS = 100
#: Requests of one connection that wait for a slow answer; beyond it nothing more is read.
MOST_WAITING = 256
#: close() with this lingers not at all: the other side sees a reset instead of an orderly end.
_ABRUPT = struct.pack("ii", 1, 0)

TOO_LARGE = answers.error(413, "INVALID_ARGUMENT", f"Request payload size exceeds the limit: {LARGEST_BODY} bytes.")
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}


class Slot:
    """A place in the order of answers; `wire` is None until its answer is ready."""

    __slots__ = ("close", "wire")

    def __init__(self) -> None:
        self.wire: bytes | None = None
        self.close = False


class Http1(asyncio.Protocol):
    """One connection."""

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
        self._handler = handler
        self._loop = loop
        self._connections = connections
        self._waiting: deque[Slot] = deque()
        self._ready: list[bytes] = []
        self._unread = self._requests = 0
        #: Whether no request is half read, and the head that stands first in what is being read.
        self._between = True
        self._head = b""
        self._closing = False
        self._paused = False
        self._write_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        self._parser = httptools.HttpRequestParser(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._closing = True
        self._connections.discard(self)
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._at = time.time()
        if self._between:
            data = self._take_known(data)
        self._unread += len(data)
        try:
            if data:
                self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request before it has been answered; what follows would be another protocol.
            self._closing = True
        except httptools.HttpParserError:
            self._refuse(answers.malformed("", "Malformed HTTP request."))
        else:
            # A head is bounded when it is complete; this bounds one that never is.
            if self._unread > LARGEST_HEAD + LARGEST_BODY + len(data):
                self._refuse(answers.error(431, "INVALID_ARGUMENT", "Request head too large."))
        self._flush()

    def _take_known(self, data: bytes) -> bytes:
        """Answer the requests at the front whose heads are known and whose bodies are complete; return the rest."""
        place = 0
        while not self._closing:
            self._head, known = _known_heads.find(data, place)
            body = place + len(self._head)
            if known is None or len(data) < body + known.length:
                break
            place = body + known.length
            self._answer(Request(known.method, known.target, known.headers, data[body:place]), close=False)
        return data[place:] if place else data

    # What httptools calls, in this order.

    def on_message_begin(self) -> None:
        self._between = False
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._head_size = self._body_size = 0

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        if self._head_size + len(self._target) > LARGEST_HEAD or len(self._headers) > MOST_HEADERS:
            self._refuse(answers.error(431, "INVALID_ARGUMENT", "Request head too large."))

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self._body_size > LARGEST_BODY:
            self._refuse(TOO_LARGE)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        self._between = True
        if self._closing:
            return
        method = self._parser.get_method()
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        if self._head:
            _known_heads.learn(self._head, Head(method, self._target, self._headers, len(body)))
            self._head = b""
        self._answer(Request(method, self._target, self._headers, body), close=not self._parser.should_keep_alive())

    def _answer(self, request: Request, *, close: bool) -> None:
        reply = self._handler.answer(request, at=self._at)
        self._requests += 1
        last = reply.goaway or self._requests == self._handler.sending.goaway_after
        self._take(reply, head_only=request.method == b"HEAD", close=close or last)

    # Answers, on their way out.

    def _take(self, reply: Reply, *, head_only: bool = False, close: bool = False) -> None:
        if not reply.delay and not reply.fault and not self._waiting:
            self._ready.append(render(reply, self._at, head_only=head_only, close=close))
            self._closing = self._closing or close
            return
        slot = Slot()
        self._waiting.append(slot)
        if len(self._waiting) >= MOST_WAITING:
            self._pause()
        if reply.delay:
            self._loop.call_later(reply.delay, self._settle, slot, reply, head_only, close)
        else:
            self._settle(slot, reply, head_only, close, flush=False)

    def _settle(self, slot: Slot, reply: Reply, head_only: bool, close: bool, *, flush: bool = True) -> None:
        if reply.fault == "hang":
            return
        if reply.fault == "reset":
            self._reset()
            return
        slot.close = close
        if reply.fault:
            drops = (reply.body[place : place + 1] for place in range(len(reply.body)))
            parts = drops if reply.fault == "drip" else repeat(HUGE_CHUNK, HUGE_SIZE // len(HUGE_CHUNK))
            head = render(reply, time.time(), head_only=True, close=close)
            self._trickle(slot, head, iter(()) if head_only else parts, 1 if reply.fault == "drip" else 0)
            return
        slot.wire = render(reply, time.time(), head_only=head_only, close=close)
        if flush:
            self._flush()

    def _trickle(self, slot: Slot, part: bytes, parts: Iterator[bytes], pause: float) -> None:
        """Write one part of an answer that comes in many, and the next one after so many seconds."""
        if self._transport.is_closing():
            return
        if self._write_paused or self._waiting[0] is not slot:
            self._loop.call_later(0.05, self._trickle, slot, part, parts, pause)
            return
        self._transport.write(part)
        following = next(parts, None)
        if following is None:
            slot.wire = b""
            self._flush()
        else:
            self._loop.call_later(pause, self._trickle, slot, following, parts, pause)

    def _flush(self) -> None:
        while self._waiting and (wire := self._waiting[0].wire) is not None:
            slot = self._waiting.popleft()
            self._ready.append(wire)
            self._closing = self._closing or slot.close
        if self._ready and not self._transport.is_closing():
            self._transport.write(b"".join(self._ready))
        self._ready.clear()
        if self._closing and not self._waiting:
            self._transport.close()
        elif self._paused and not self._write_paused and len(self._waiting) < MOST_WAITING // 2:
            self._paused = False
            self._transport.resume_reading()

    def _refuse(self, reply: Reply) -> None:
        """Answer what cannot be read on from, and end the connection."""
        if not self._closing:
            self._take(reply, close=True)
            self._closing = True

    def abandon(self) -> None:
        """Drop the connection at once; the emulator is stopping."""
        self._closing = True
        self._transport.abort()

    def _reset(self) -> None:
        if self._transport.is_closing():
            return
        self._closing = True
        self._ready.clear()
        if (raw := self._transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPT)
        self._transport.abort()

    # A sender that does not read its answers must not fill the memory.

    def pause_writing(self) -> None:
        self._write_paused = True
        self._pause()

    def resume_writing(self) -> None:
        self._write_paused = False
        if not self._transport.is_closing():
            self._flush()

    def _pause(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()


class _AnswerHeads:
    """Status lines and headers of plain answers, remembered for one second because of their Date."""

    def __init__(self) -> None:
        self.second = 0
        self.known: dict[tuple[int, bytes, int], bytes] = {}


_heads = _AnswerHeads()
_known_heads = KnownHeads()


def render(reply: Reply, at: float, *, head_only: bool, close: bool) -> bytes:
    """Return the answer as HTTP/1.1."""
    second = int(at)
    if second != _heads.second:
        _heads.second = second
        _heads.known.clear()
    if not reply.headers and not reply.fault and not close:
        key = (reply.status, reply.content_type, len(reply.body))
        head = _heads.known.get(key)
        if head is None:
            head = _heads.known[key] = _head(reply, second, close=False)
    else:
        head = _head(reply, second, close=close)
    return head if head_only else head + reply.body


def _head(reply: Reply, second: int, *, close: bool) -> bytes:
    lines = [
        b"HTTP/1.1 %d %s" % (reply.status, _REASONS.get(reply.status, b"Unknown")),
        b"Date: " + formatdate(second, usegmt=True).encode(),
        b"Content-Type: " + reply.content_type,
        b"Content-Length: %d" % (HUGE_SIZE if reply.fault == "huge" else len(reply.body)),
        *(name + b": " + value for name, value in reply.headers),
    ]
    if close:
        lines.append(b"Connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"
