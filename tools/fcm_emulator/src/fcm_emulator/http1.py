"""HTTP/1.1 in front of the handler: keep-alive, pipelining, responses in the order of their requests."""

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

from fcm_emulator import responses
from fcm_emulator.handler import Handler
from fcm_emulator.http_messages import HUGE_CHUNK, HUGE_SIZE, Request, Response

MAX_BODY_SIZE = 64 * 1024
MAX_HEAD_SIZE = 16 * 1024
MAX_HEADERS = 100
#: Requests of one connection that wait for a response. At the limit nothing more is read.
MAX_WAITING = 256
#: SO_LINGER with a timeout of 0: close() sends RST instead of FIN.
_LINGER_0 = struct.pack("ii", 1, 0)

TOO_LARGE = responses.error(413, "INVALID_ARGUMENT", f"Request payload size exceeds the limit: {MAX_BODY_SIZE} bytes.")
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}


class PendingResponse:
    """A response in its order; `wire` is None until its bytes are known."""

    __slots__ = ("close", "wire")

    def __init__(self) -> None:
        self.wire: bytes | None = None
        self.close = False


class Http1(asyncio.Protocol):
    """A connection."""

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
        self._handler = handler
        self._loop = loop
        self._connections = connections
        self._waiting: deque[PendingResponse] = deque()
        self._ready: list[bytes] = []
        self._unread = self._requests = 0
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
        self._unread += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request has been answered; what follows would be another protocol.
            self._closing = True
        except httptools.HttpParserError:
            self._refuse(responses.malformed("", "Malformed HTTP request."))
        else:
            # A complete head is checked elsewhere; this limits one that never ends.
            if self._unread > MAX_HEAD_SIZE + MAX_BODY_SIZE + len(data):
                self._refuse(responses.error(431, "INVALID_ARGUMENT", "Request head too large."))
        self._flush()

    # Callbacks of httptools, in the order in which it calls them.

    def on_message_begin(self) -> None:
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
        if self._head_size + len(self._target) > MAX_HEAD_SIZE or len(self._headers) > MAX_HEADERS:
            self._refuse(responses.error(431, "INVALID_ARGUMENT", "Request head too large."))

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self._body_size > MAX_BODY_SIZE:
            self._refuse(TOO_LARGE)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        if self._closing:
            return
        method = self._parser.get_method()
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._handle(Request(method, self._target, self._headers, body), close=not self._parser.should_keep_alive())

    def _handle(self, request: Request, *, close: bool) -> None:
        response = self._handler.respond(request, at=self._at)
        self._requests += 1
        last = response.goaway or self._requests == self._handler.send_endpoint.goaway_after
        self._queue(response, head_only=request.method == b"HEAD", close=close or last)

    # Responses

    def _queue(self, response: Response, *, head_only: bool = False, close: bool = False) -> None:
        if not response.delay and not response.fault and not self._waiting:
            self._ready.append(render(response, self._at, head_only=head_only, close=close))
            self._closing = self._closing or close
            return
        pending = PendingResponse()
        self._waiting.append(pending)
        if len(self._waiting) >= MAX_WAITING:
            self._pause()
        if response.delay:
            self._loop.call_later(response.delay, self._release, pending, response, head_only, close)
        else:
            self._release(pending, response, head_only, close, flush=False)

    def _release(self, pending: PendingResponse, response: Response, head_only: bool, close: bool, *, flush: bool = True) -> None:
        if response.fault == "hang":
            return
        if response.fault == "reset":
            self._reset()
            return
        pending.close = close
        if response.fault:
            single_bytes = (response.body[place : place + 1] for place in range(len(response.body)))
            parts = single_bytes if response.fault == "drip" else repeat(HUGE_CHUNK, HUGE_SIZE // len(HUGE_CHUNK))
            head = render(response, time.time(), head_only=True, close=close)
            self._send_parts(pending, head, iter(()) if head_only else parts, 1 if response.fault == "drip" else 0)
            return
        pending.wire = render(response, time.time(), head_only=head_only, close=close)
        if flush:
            self._flush()

    def _send_parts(self, pending: PendingResponse, part: bytes, parts: Iterator[bytes], pause: float) -> None:
        """Send one part of a response, and the next part after `pause` seconds."""
        if self._transport.is_closing():
            return
        if self._write_paused or self._waiting[0] is not pending:
            self._loop.call_later(0.05, self._send_parts, pending, part, parts, pause)
            return
        self._transport.write(part)
        following = next(parts, None)
        if following is None:
            pending.wire = b""
            self._flush()
        else:
            self._loop.call_later(pause, self._send_parts, pending, following, parts, pause)

    def _flush(self) -> None:
        while self._waiting and (wire := self._waiting[0].wire) is not None:
            pending = self._waiting.popleft()
            self._ready.append(wire)
            self._closing = self._closing or pending.close
        if self._ready and not self._transport.is_closing():
            self._transport.write(b"".join(self._ready))
        self._ready.clear()
        if self._closing and not self._waiting:
            self._transport.close()
        elif self._paused and not self._write_paused and len(self._waiting) < MAX_WAITING // 2:
            self._paused = False
            self._transport.resume_reading()

    def _refuse(self, response: Response) -> None:
        """Send a response and close the connection, because the next request cannot be found."""
        if not self._closing:
            self._queue(response, close=True)
            self._closing = True

    def abort(self) -> None:
        """Drop the connection at once, because the server is stopping."""
        self._closing = True
        self._transport.abort()

    def _reset(self) -> None:
        if self._transport.is_closing():
            return
        self._closing = True
        self._ready.clear()
        if (raw := self._transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        self._transport.abort()

    # A client that does not read its responses must not fill the memory.

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


class _ResponseHeads:
    """Status lines and headers of normal responses, cached for one second because of their Date."""

    def __init__(self) -> None:
        self.second = 0
        self.known: dict[tuple[int, bytes, int], bytes] = {}


_response_heads = _ResponseHeads()


def render(response: Response, at: float, *, head_only: bool, close: bool) -> bytes:
    """Return the response as HTTP/1.1."""
    second = int(at)
    if second != _response_heads.second:
        _response_heads.second = second
        _response_heads.known.clear()
    if not response.headers and not response.fault and not close:
        key = (response.status, response.content_type, len(response.body))
        head = _response_heads.known.get(key)
        if head is None:
            head = _response_heads.known[key] = _head(response, second, close=False)
    else:
        head = _head(response, second, close=close)
    return head if head_only else head + response.body


def _head(response: Response, second: int, *, close: bool) -> bytes:
    lines = [
        b"HTTP/1.1 %d %s" % (response.status, _REASONS.get(response.status, b"Unknown")),
        b"Date: " + formatdate(second, usegmt=True).encode(),
        b"Content-Type: " + response.content_type,
        b"Content-Length: %d" % (HUGE_SIZE if response.fault == "huge" else len(response.body)),
        *(name + b": " + value for name, value in response.headers),
    ]
    if close:
        lines.append(b"Connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"
