"""HTTP/2 in front of the handler (RFC 9113), for many small requests on one connection; everything has a limit.

Why this is neither the `h2` library nor a proxy: docs/adr/0013-emulator-http2.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

from fcm_emulator import frames
from fcm_emulator.frames import Code, ConnectionFailed, StreamFailed
from fcm_emulator.handler import Handler
from fcm_emulator.header_blocks import MAX_HEAD_SIZE, HeaderBlocks, RequestHead
from fcm_emulator.http1 import MAX_BODY_SIZE, TOO_LARGE
from fcm_emulator.http_messages import Request, Response
from fcm_emulator.outbox import Outbox
from fcm_emulator.streams import Stream, Streams

#: The same as Google's.
MAX_STREAMS = 100
#: More than the largest body, so that no stream needs a WINDOW_UPDATE.
STREAM_WINDOW = 2 * MAX_BODY_SIZE
CONNECTION_WINDOW = 16 * 1024 * 1024
#: Frames in a row that cause work and complete no request.
MAX_IDLE_FRAMES = 10_000
MAX_CONTINUATIONS = 16
#: Delayed responses are grouped into steps of 2 ms: a delay is never shorter, and at most one step longer.
STEPS_PER_SECOND = 500

_GREETING = frames.settings(
    max_concurrent_streams=MAX_STREAMS, initial_window_size=STREAM_WINDOW, max_header_list_size=MAX_HEAD_SIZE
) + frames.window_update(0, CONNECTION_WINDOW - 65_535)


class Http2(asyncio.Protocol):
    """A connection."""

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
        self._handler = handler
        self._loop = loop
        self._connections = connections
        self._unread = b""
        self._greeted = self._settled = self._closing = False
        self._heads = HeaderBlocks()
        self._streams = Streams()
        #: The highest stream of the client. After GOAWAY no new stream is served.
        self._last = 0
        self._leaving = False
        self._requests = 0
        #: An incomplete header block: its stream, whether the request ends with it, and its parts.
        self._block: tuple[int, bool, list[bytes]] | None = None
        self._window_used = 0
        self._idle_frames = 0
        #: Delayed responses by the step in which they are due.
        self._delayed: dict[int, list[tuple[int, Response, Stream]]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        self._outbox = Outbox(self._transport, self._streams)
        self._outbox.ready.append(_GREETING)
        self._outbox.flush()

    def connection_lost(self, _error: Exception | None) -> None:
        self._closing = True
        self._connections.discard(self)
        self._streams.clear()

    def abort(self) -> None:
        """Drop the connection at once, because the server is stopping."""
        self._closing = True
        self._transport.abort()

    def pause_writing(self) -> None:
        # A client that does not read its responses must not fill the memory.
        self._outbox.paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._outbox.paused = False
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._outbox.send_all()
            self._flush()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._at = time.time()
        data = self._unread + data if self._unread else data
        try:
            self._unread = data[self._read_frames(data) :]
        except ConnectionFailed as failed:
            self._fail(failed.code, failed.reason)
        self._flush()

    def _read_frames(self, data: bytes) -> int:
        """Handle all complete frames; return how many bytes they have."""
        position, size = 0, len(data)
        if not self._greeted:
            if not data.startswith(frames.PREFACE[: size if size < len(frames.PREFACE) else None]):
                raise ConnectionFailed(Code.PROTOCOL_ERROR, "The connection does not begin with the HTTP/2 preface")
            if size < len(frames.PREFACE):
                return 0
            self._greeted, position = True, len(frames.PREFACE)
        unpack = frames.HEAD.unpack_from
        while size - position >= frames.HEAD_SIZE:
            joint, flags, stream = unpack(data, position)
            length, kind = joint >> 8, joint & 255
            if length > frames.MAX_FRAME_LENGTH:
                raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "The frame is longer than 16384 bytes")
            end = position + frames.HEAD_SIZE + length
            if end > size:
                break
            try:
                self._read_frame(kind, flags, stream & frames.STREAM_BITS, data[position + frames.HEAD_SIZE : end])
            except StreamFailed as failed:
                self._reset(failed.stream, failed.code)
            position = end
        return position

    def _read_frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if (self._block is not None) != (kind == frames.CONTINUATION):
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "A header block must not be interrupted")
        if not self._settled and kind != frames.SETTINGS:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "The first frame must be SETTINGS")
        if kind > frames.CONTINUATION:
            self._count_idle_frame()
            return
        _READERS[kind](self, flags, stream, payload)

    # Requests

    def _read_headers(self, flags: int, stream: int, payload: bytes) -> None:
        if not stream % 2:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "A client's streams must have odd numbers")
        if flags & frames.PADDED:
            payload = frames.without_padding(payload)
        if flags & frames.HAS_PRIORITY:
            if len(payload) < 5:
                raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "HEADERS is too short for its priority")
            payload = payload[5:]
        ended = bool(flags & frames.END_STREAM)
        if flags & frames.END_HEADERS:
            self._open(stream, self._heads.read(payload), ended)
        else:
            self._block = (stream, ended, [payload])

    def _read_continuation(self, flags: int, stream: int, payload: bytes) -> None:
        assert self._block is not None
        first, ended, parts = self._block
        if stream != first:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "A header block must not be interrupted")
        parts.append(payload)
        if sum(map(len, parts)) > MAX_HEAD_SIZE or len(parts) > MAX_CONTINUATIONS:
            raise ConnectionFailed(Code.ENHANCE_YOUR_CALM, "The header block is too large")
        if flags & frames.END_HEADERS:
            self._block = None
            self._open(stream, self._heads.read(b"".join(parts)), ended)

    def _open(self, number: int, head: RequestHead, ended: bool) -> None:
        if number <= self._last:
            self._read_trailers(number, ended)
            return
        self._last = number
        if self._leaving:
            return
        if len(self._streams) >= MAX_STREAMS:
            raise StreamFailed(number, Code.REFUSED_STREAM)
        if head.malformed:
            raise StreamFailed(number, Code.PROTOCOL_ERROR)
        stream = self._streams[number] = Stream(head, self._streams.initial_window)
        if ended:
            self._handle(number, stream)

    def _read_trailers(self, number: int, ended: bool) -> None:
        stream = self._streams.get(number)
        if stream is None or stream.ended:
            raise ConnectionFailed(Code.STREAM_CLOSED, "HEADERS on a closed stream")
        if not ended:
            raise StreamFailed(number, Code.PROTOCOL_ERROR)
        self._handle(number, stream)

    def _read_data(self, flags: int, number: int, payload: bytes) -> None:
        size = len(payload)
        self._window_used += size
        if self._window_used > CONNECTION_WINDOW:
            raise ConnectionFailed(Code.FLOW_CONTROL_ERROR, "More data than the window of the connection allows")
        if self._window_used > CONNECTION_WINDOW // 2:
            self._outbox.ready.append(frames.window_update(0, self._window_used))
            self._window_used = 0
        if flags & frames.PADDED:
            payload = frames.without_padding(payload)
        stream = self._streams.get(number)
        if stream is None or stream.ended:
            self._ignore_closed(number)
            return
        stream.received += size
        if stream.received > STREAM_WINDOW:
            raise StreamFailed(number, Code.FLOW_CONTROL_ERROR)
        stream.body = stream.body + payload if stream.body else payload
        if len(stream.body) > MAX_BODY_SIZE:
            stream.ended = True
            self._respond(number, TOO_LARGE, stream)
            # The response is complete, and the rest of the request is not needed.
            self._outbox.ready.append(frames.reset(number, Code.NO_ERROR))
        elif flags & frames.END_STREAM:
            self._handle(number, stream)
        elif not payload:
            self._count_idle_frame()

    def _ignore_closed(self, number: int) -> None:
        """Ignore a frame for a stream that has been closed; fail if the stream was never opened."""
        if number > self._last or not number % 2:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "A frame for a stream that was never opened")
        self._count_idle_frame()

    def _handle(self, number: int, stream: Stream) -> None:
        head, stream.ended = stream.head, True
        if head.length not in (-1, len(stream.body)):
            raise StreamFailed(number, Code.PROTOCOL_ERROR)
        self._idle_frames = 0
        self._requests += 1
        response = self._handler.respond(Request(head.method, head.target, head.headers, stream.body), at=self._at)
        if response.delay:
            self._respond_later(number, response, stream)
        else:
            self._respond(number, response, stream)
        # After the response, because some clients read nothing after GOAWAY.
        if response.goaway or self._requests == self._handler.send_endpoint.goaway_after:
            self._send_goaway()

    # Responses

    def _respond_later(self, number: int, response: Response, stream: Stream) -> None:
        """Send a response after its delay, together with all others that are due in the same step."""
        step = int((self._loop.time() + response.delay) * STEPS_PER_SECOND) + 1
        if step not in self._delayed:
            self._delayed[step] = []
            self._loop.call_at(step / STEPS_PER_SECOND, self._respond_delayed, step)
        self._delayed[step].append((number, response, stream))

    def _respond_delayed(self, step: int) -> None:
        due = self._delayed.pop(step)
        if self._transport.is_closing():
            return
        self._at = time.time()
        for number, response, stream in due:
            if self._streams.get(number) is stream:
                self._respond(number, response, stream)
        self._flush()

    def _respond(self, number: int, response: Response, stream: Stream) -> None:
        if response.fault == "hang":
            return
        if response.fault == "reset":
            if response.whole_connection:
                self._closing = True
                self._outbox.tear_down()
            else:
                self._reset(number, Code.INTERNAL_ERROR)
            return
        self._outbox.respond(number, response, stream, self._at)
        if response.fault == "drip":
            self._loop.call_later(1, self._drip, number, stream)

    def _drip(self, number: int, stream: Stream) -> None:
        if self._streams.get(number) is stream and not self._transport.is_closing():
            stream.allowed += 1
            self._outbox.send_stream(number, stream)
            self._flush()
            self._loop.call_later(1, self._drip, number, stream)

    def _flush(self) -> None:
        self._outbox.flush()
        # A connection that was reset is closed already.
        if not self._transport.is_closing() and (self._closing or (self._leaving and not self._streams)):
            self._transport.close()

    def _send_goaway(self) -> None:
        """Send GOAWAY; the requests received so far are answered."""
        if not self._leaving:
            self._leaving = True
            self._outbox.ready.append(frames.goaway(self._last, Code.NO_ERROR))

    def _reset(self, number: int, code: Code) -> None:
        self._streams.pop(number, None)
        self._outbox.ready.append(frames.reset(number, code))
        self._count_idle_frame()

    def _fail(self, code: Code, reason: str) -> None:
        self._closing = True
        self._streams.clear()
        self._outbox.ready.append(frames.goaway(self._last, code, reason))

    def _count_idle_frame(self) -> None:
        self._idle_frames += 1
        if self._idle_frames > MAX_IDLE_FRAMES:
            raise ConnectionFailed(Code.ENHANCE_YOUR_CALM, "Too many frames without a request")

    # Frames of the connection

    def _read_settings(self, flags: int, stream: int, payload: bytes) -> None:
        _require_connection(stream)
        if flags & frames.ACK:
            if payload:
                raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "An acknowledgement of SETTINGS must be empty")
            return
        self._count_idle_frame()
        self._settled = True
        self._outbox.apply_settings(frames.read_settings(payload))
        self._outbox.ready.append(frames.frame(frames.SETTINGS, frames.ACK, 0))
        self._outbox.send_all()

    def _read_ping(self, flags: int, stream: int, payload: bytes) -> None:
        _require_connection(stream)
        _require_size(len(payload) == 8, "PING must have 8 bytes")
        self._count_idle_frame()
        if not flags & frames.ACK:
            self._outbox.ready.append(frames.frame(frames.PING, frames.ACK, 0, payload))

    def _read_goaway(self, _flags: int, stream: int, payload: bytes) -> None:
        _require_connection(stream)
        _require_size(len(payload) >= 8, "GOAWAY must have at least 8 bytes")
        self._leaving = True

    def _read_window_update(self, _flags: int, number: int, payload: bytes) -> None:
        _require_size(len(payload) == 4, "WINDOW_UPDATE must have 4 bytes")
        stream = self._streams.get(number)
        if number and stream is None:
            self._ignore_closed(number)
            return
        self._outbox.widen_window(number, int.from_bytes(payload) & frames.MAX_WINDOW, stream)

    def _read_reset(self, _flags: int, number: int, payload: bytes) -> None:
        _require_size(len(payload) == 4, "RST_STREAM must have 4 bytes")
        self._ignore_closed(number)
        self._streams.pop(number, None)

    def _read_priority(self, _flags: int, number: int, payload: bytes) -> None:
        if len(payload) != 5:
            raise StreamFailed(number, Code.FRAME_SIZE_ERROR)
        if not number:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "PRIORITY must be on a stream")
        self._count_idle_frame()

    def _read_push(self, _flags: int, _number: int, _payload: bytes) -> None:
        raise ConnectionFailed(Code.PROTOCOL_ERROR, "A client must not send PUSH_PROMISE")


def _require_connection(stream: int) -> None:
    if stream:
        raise ConnectionFailed(Code.PROTOCOL_ERROR, "This frame must be on stream 0")


def _require_size(right: bool, reason: str) -> None:
    if not right:
        raise ConnectionFailed(Code.FRAME_SIZE_ERROR, reason)


_READERS: tuple[Callable[[Http2, int, int, bytes], None], ...] = (
    Http2._read_data,
    Http2._read_headers,
    Http2._read_priority,
    Http2._read_reset,
    Http2._read_settings,
    Http2._read_push,
    Http2._read_ping,
    Http2._read_goaway,
    Http2._read_window_update,
    Http2._read_continuation,
)
