"""HTTP/2 in front of the handler (RFC 9113): written for many small requests on one connection, with bounds on everything.

Why not the `h2` library: docs/adr/0013-emulator-http2.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

from fcm_emulator import frames
from fcm_emulator.exchange import Reply, Request
from fcm_emulator.frames import Code, ConnectionFailed, StreamFailed
from fcm_emulator.handler import Handler
from fcm_emulator.heads import LARGEST_HEAD, Head, Heads
from fcm_emulator.http1 import LARGEST_BODY, TOO_LARGE
from fcm_emulator.outbox import Outbox
from fcm_emulator.streams import Stream, Streams

#: Google's.
MOST_STREAMS = 100
#: More than a body may have, so that no stream needs a WINDOW_UPDATE.
STREAM_WINDOW = 2 * LARGEST_BODY
CONNECTION_WINDOW = 16 * 1024 * 1024
#: Frames in a row that ask for work and bring no request.
MOST_IDLE_FRAMES = 10_000
MOST_CONTINUATIONS = 16
#: How exactly a delay is kept: never shorter, and at most one moment longer.
MOMENTS_A_SECOND = 500

_GREETING = frames.settings(
    max_concurrent_streams=MOST_STREAMS, initial_window_size=STREAM_WINDOW, max_header_list_size=LARGEST_HEAD
) + frames.window_update(0, CONNECTION_WINDOW - 65_535)


class Http2(asyncio.Protocol):
    """One connection."""

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
        self._handler = handler
        self._loop = loop
        self._connections = connections
        self._unread = b""
        self._greeted = self._settled = self._closing = False
        self._heads = Heads()
        self._streams = Streams()
        #: The highest stream of the other side; what comes after GOAWAY is not served.
        self._last = 0
        self._leaving = False
        self._requests = 0
        #: A header block that is not complete: its stream, whether the request ends with it, and its parts.
        self._block: tuple[int, bool, list[bytes]] | None = None
        self._window_used = 0
        self._idle_frames = 0
        #: Answers that are held back, by when they fall due.
        self._held: dict[int, list[tuple[int, Reply, Stream]]] = {}

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

    def abandon(self) -> None:
        """Drop the connection at once; the emulator is stopping."""
        self._closing = True
        self._transport.abort()

    def pause_writing(self) -> None:
        # A sender that does not read its answers must not fill the memory.
        self._outbox.paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._outbox.paused = False
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._outbox.pump()
            self._flush()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._at = time.time()
        data = self._unread + data if self._unread else data
        try:
            self._unread = data[self._take(data) :]
        except ConnectionFailed as failed:
            self._fail(failed.code, failed.reason)
        self._flush()

    def _take(self, data: bytes) -> int:
        """Read all frames that are complete and return how many bytes they had."""
        position, size = 0, len(data)
        if not self._greeted:
            if not data.startswith(frames.PREFACE[: size if size < len(frames.PREFACE) else None]):
                raise ConnectionFailed(Code.PROTOCOL_ERROR, "This is not the preface of HTTP/2")
            if size < len(frames.PREFACE):
                return 0
            self._greeted, position = True, len(frames.PREFACE)
        unpack = frames.HEAD.unpack_from
        while size - position >= frames.HEAD_SIZE:
            joint, flags, stream = unpack(data, position)
            length, kind = joint >> 8, joint & 255
            if length > frames.LARGEST_FRAME:
                raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "The frame is larger than 16384 bytes")
            end = position + frames.HEAD_SIZE + length
            if end > size:
                break
            try:
                self._read(kind, flags, stream & frames.STREAM_BITS, data[position + frames.HEAD_SIZE : end])
            except StreamFailed as failed:
                self._reset(failed.stream, failed.code)
            position = end
        return position

    def _read(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if (self._block is not None) != (kind == frames.CONTINUATION):
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "A header block is one piece")
        if not self._settled and kind != frames.SETTINGS:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "SETTINGS come first")
        if kind > frames.CONTINUATION:
            self._bear()
            return
        _READERS[kind](self, flags, stream, payload)

    # Requests, on their way in.

    def _read_headers(self, flags: int, stream: int, payload: bytes) -> None:
        if not stream % 2:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "A client's streams are odd")
        if flags & frames.PADDED:
            payload = frames.unpadded(payload)
        if flags & frames.HAS_PRIORITY:
            if len(payload) < 5:
                raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "HEADERS without their priority")
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
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "A header block is one piece")
        parts.append(payload)
        if sum(map(len, parts)) > LARGEST_HEAD or len(parts) > MOST_CONTINUATIONS:
            raise ConnectionFailed(Code.ENHANCE_YOUR_CALM, "Too large a header block")
        if flags & frames.END_HEADERS:
            self._block = None
            self._open(stream, self._heads.read(b"".join(parts)), ended)

    def _open(self, number: int, head: Head, ended: bool) -> None:
        if number <= self._last:
            self._read_trailers(number, ended)
            return
        self._last = number
        if self._leaving:
            return
        if len(self._streams) >= MOST_STREAMS:
            raise StreamFailed(number, Code.REFUSED_STREAM)
        if head.malformed:
            raise StreamFailed(number, Code.PROTOCOL_ERROR)
        stream = self._streams[number] = Stream(head, self._streams.initial_window)
        if ended:
            self._answer(number, stream)

    def _read_trailers(self, number: int, ended: bool) -> None:
        stream = self._streams.get(number)
        if stream is None or stream.ended:
            raise ConnectionFailed(Code.STREAM_CLOSED, "HEADERS on a stream that is closed")
        if not ended:
            raise StreamFailed(number, Code.PROTOCOL_ERROR)
        self._answer(number, stream)

    def _read_data(self, flags: int, number: int, payload: bytes) -> None:
        size = len(payload)
        self._window_used += size
        if self._window_used > CONNECTION_WINDOW:
            raise ConnectionFailed(Code.FLOW_CONTROL_ERROR, "More than the window of the connection")
        if self._window_used > CONNECTION_WINDOW // 2:
            self._outbox.ready.append(frames.window_update(0, self._window_used))
            self._window_used = 0
        if flags & frames.PADDED:
            payload = frames.unpadded(payload)
        stream = self._streams.get(number)
        if stream is None or stream.ended:
            self._miss(number)
            return
        stream.received += size
        if stream.received > STREAM_WINDOW:
            raise StreamFailed(number, Code.FLOW_CONTROL_ERROR)
        stream.body = stream.body + payload if stream.body else payload
        if len(stream.body) > LARGEST_BODY:
            stream.ended = True
            self._give(number, TOO_LARGE, stream)
            # The rest of the request is not wanted; the answer stands.
            self._outbox.ready.append(frames.reset(number, Code.NO_ERROR))
        elif flags & frames.END_STREAM:
            self._answer(number, stream)
        elif not payload:
            self._bear()

    def _miss(self, number: int) -> None:
        """Take a frame for a stream that is not open: its sender cannot know yet, or has made it up."""
        if number > self._last or not number % 2:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "A frame for a stream that was never opened")
        self._bear()

    def _answer(self, number: int, stream: Stream) -> None:
        head, stream.ended = stream.head, True
        if head.length not in (-1, len(stream.body)):
            raise StreamFailed(number, Code.PROTOCOL_ERROR)
        self._idle_frames = 0
        self._requests += 1
        reply = self._handler.answer(Request(head.method, head.target, head.headers, stream.body), at=self._at)
        if reply.delay:
            self._hold(number, reply, stream)
        else:
            self._give(number, reply, stream)
        # After an answer that is there, because some clients read nothing behind a GOAWAY.
        if reply.goaway or self._requests == self._handler.sending.goaway_after:
            self._leave()

    # Answers, on their way out.

    def _hold(self, number: int, reply: Reply, stream: Stream) -> None:
        """Give an answer after its delay, together with others that fall due in the same moment, for the sake of one write."""
        moment = int((self._loop.time() + reply.delay) * MOMENTS_A_SECOND) + 1
        if moment not in self._held:
            self._held[moment] = []
            self._loop.call_at(moment / MOMENTS_A_SECOND, self._give_held, moment)
        self._held[moment].append((number, reply, stream))

    def _give_held(self, moment: int) -> None:
        due = self._held.pop(moment)
        if self._transport.is_closing():
            return
        self._at = time.time()
        for number, reply, stream in due:
            if self._streams.get(number) is stream:
                self._give(number, reply, stream)
        self._flush()

    def _give(self, number: int, reply: Reply, stream: Stream) -> None:
        if reply.fault == "hang":
            return
        if reply.fault == "reset":
            if reply.whole_connection:
                self._closing = True
                self._outbox.tear_down()
            else:
                self._reset(number, Code.INTERNAL_ERROR)
            return
        self._outbox.answer(number, reply, stream, self._at)
        if reply.fault == "drip":
            self._loop.call_later(1, self._drip, number, stream)

    def _drip(self, number: int, stream: Stream) -> None:
        if self._streams.get(number) is stream and not self._transport.is_closing():
            stream.allowed += 1
            self._outbox.push(number, stream)
            self._flush()
            self._loop.call_later(1, self._drip, number, stream)

    def _flush(self) -> None:
        self._outbox.flush()
        # What was torn down must not say farewell as well.
        if not self._transport.is_closing() and (self._closing or (self._leaving and not self._streams)):
            self._transport.close()

    def _leave(self) -> None:
        """Ask the other side to go elsewhere; what it has sent so far is answered."""
        if not self._leaving:
            self._leaving = True
            self._outbox.ready.append(frames.goaway(self._last, Code.NO_ERROR))

    def _reset(self, number: int, code: Code) -> None:
        self._streams.pop(number, None)
        self._outbox.ready.append(frames.reset(number, code))
        self._bear()

    def _fail(self, code: Code, reason: str) -> None:
        self._closing = True
        self._streams.clear()
        self._outbox.ready.append(frames.goaway(self._last, code, reason))

    def _bear(self) -> None:
        self._idle_frames += 1
        if self._idle_frames > MOST_IDLE_FRAMES:
            raise ConnectionFailed(Code.ENHANCE_YOUR_CALM, "Too many frames without a request")

    # What belongs to the connection.

    def _read_settings(self, flags: int, stream: int, payload: bytes) -> None:
        _only_on_the_connection(stream)
        if flags & frames.ACK:
            if payload:
                raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "An acknowledgement carries nothing")
            return
        self._bear()
        self._settled = True
        self._outbox.settle(frames.read_settings(payload))
        self._outbox.ready.append(frames.frame(frames.SETTINGS, frames.ACK, 0))
        self._outbox.pump()

    def _read_ping(self, flags: int, stream: int, payload: bytes) -> None:
        _only_on_the_connection(stream)
        _expect(len(payload) == 8, "PING has 8 bytes")
        self._bear()
        if not flags & frames.ACK:
            self._outbox.ready.append(frames.frame(frames.PING, frames.ACK, 0, payload))

    def _read_goaway(self, _flags: int, stream: int, payload: bytes) -> None:
        _only_on_the_connection(stream)
        _expect(len(payload) >= 8, "GOAWAY has at least 8 bytes")
        self._leaving = True

    def _read_window_update(self, _flags: int, number: int, payload: bytes) -> None:
        _expect(len(payload) == 4, "WINDOW_UPDATE has 4 bytes")
        stream = self._streams.get(number)
        if number and stream is None:
            self._miss(number)
            return
        self._outbox.widen(number, int.from_bytes(payload) & frames.LARGEST_WINDOW, stream)

    def _read_reset(self, _flags: int, number: int, payload: bytes) -> None:
        _expect(len(payload) == 4, "RST_STREAM has 4 bytes")
        self._miss(number)
        self._streams.pop(number, None)

    def _read_priority(self, _flags: int, number: int, payload: bytes) -> None:
        if len(payload) != 5:
            raise StreamFailed(number, Code.FRAME_SIZE_ERROR)
        if not number:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "PRIORITY belongs to a stream")
        self._bear()

    def _read_push(self, _flags: int, _number: int, _payload: bytes) -> None:
        raise ConnectionFailed(Code.PROTOCOL_ERROR, "A client pushes nothing")


def _only_on_the_connection(stream: int) -> None:
    if stream:
        raise ConnectionFailed(Code.PROTOCOL_ERROR, "This frame belongs to the connection")


def _expect(right: bool, reason: str) -> None:
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
