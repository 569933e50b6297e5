"""Send responses as HTTP/2 frames, within the client's flow-control windows."""

from __future__ import annotations

import asyncio
import socket
import struct
from email.utils import formatdate

from fcm_emulator import frames, hpack_encoder
from fcm_emulator.frames import Code, ConnectionFailed, StreamFailed
from fcm_emulator.http_messages import HUGE_CHUNK, HUGE_SIZE, Response
from fcm_emulator.streams import Stream, Streams

#: SO_LINGER with a timeout of 0: close() sends RST instead of FIN.
_LINGER_0 = struct.pack("ii", 1, 0)


#: Bytes of a frame's header before the number of its stream.
_BEFORE_STREAM = 5


class _ResponseBlocks:
    """Header blocks of normal responses, cached for one second because of their Date."""

    def __init__(self) -> None:
        self.second = 0
        self.known: dict[tuple[int, bytes, int], tuple[bytes, bytes]] = {}


_response_blocks = _ResponseBlocks()


class Outbox:
    """The frames that a connection still has to send."""

    def __init__(self, transport: asyncio.Transport, streams: Streams) -> None:
        self._transport = transport
        self._streams = streams
        self.ready: list[bytes] = []
        #: Whether the transport's buffer is full.
        self.paused = False
        self._window = 65_535
        self._shrink_table = False

    def flush(self) -> None:
        """Write all ready frames at once."""
        if self.ready and not self._transport.is_closing():
            self._transport.write(b"".join(self.ready))
        self.ready.clear()

    def respond(self, number: int, response: Response, stream: Stream, at: float) -> None:
        """Send a response, or as much of it as the windows allow now."""
        body = b"" if stream.head.method == b"HEAD" else response.body
        size = len(body)
        name = number.to_bytes(4)
        if response.fault or response.headers or self._shrink_table or not size:
            block = self._block(response, int(at))
            self.ready.append(frames.frame(frames.HEADERS, frames.END_HEADERS | (not (size or response.fault)), number, block))
        else:
            before, after = self._normal_head(response, int(at))
            if size <= stream.window and size <= self._window and size <= frames.MAX_FRAME_LENGTH:
                self._window -= size
                del self._streams[number]
                self.ready += (before, name, after, name, body)
                return
            self.ready += (before, name, after[:-_BEFORE_STREAM])
        if response.fault == "drip":
            stream.allowed = 1
        if response.fault == "huge":
            body, stream.repeat = HUGE_CHUNK, HUGE_SIZE // len(HUGE_CHUNK) - 1
        stream.pending = body
        if body:
            self.send_stream(number, stream)
        else:
            del self._streams[number]

    def send_stream(self, number: int, stream: Stream) -> None:
        """Send as much of a pending response as the windows allow."""
        while stream.pending and not self.paused:
            size = min(len(stream.pending), stream.window, self._window, stream.allowed, frames.MAX_FRAME_LENGTH)
            if size <= 0:
                return
            part, stream.pending = stream.pending[:size], stream.pending[size:]
            stream.window -= size
            stream.allowed -= size
            self._window -= size
            if not stream.pending and stream.repeat:
                stream.repeat -= 1
                stream.pending = HUGE_CHUNK
            self.ready.append(frames.frame(frames.DATA, 0 if stream.pending else frames.END_STREAM, number, part))
            if not stream.pending:
                del self._streams[number]
            elif stream.repeat:
                # Written at once, so that the transport can report a full buffer.
                self.flush()

    def send_all(self) -> None:
        """Send as much of all pending responses as the windows allow."""
        for number, stream in list(self._streams.items()):
            if stream.pending:
                self.send_stream(number, stream)

    def widen_window(self, number: int, increment: int, stream: Stream | None) -> None:
        """Apply a WINDOW_UPDATE; `stream` is None for the connection's window."""
        if stream is None:
            if not increment:
                raise ConnectionFailed(Code.PROTOCOL_ERROR, "The increment of WINDOW_UPDATE is 0")
            self._window += increment
            if self._window > frames.MAX_WINDOW:
                raise ConnectionFailed(Code.FLOW_CONTROL_ERROR, "The window of the connection is too large")
            self.send_all()
            return
        stream.window += increment
        if not increment or stream.window > frames.MAX_WINDOW:
            raise StreamFailed(number, Code.FLOW_CONTROL_ERROR if increment else Code.PROTOCOL_ERROR)
        self.send_stream(number, stream)

    def apply_settings(self, pairs: list[tuple[int, int]]) -> None:
        """Apply the client's settings."""
        for setting, value in pairs:
            if setting == frames.INITIAL_WINDOW_SIZE:
                for stream in self._streams.values():
                    stream.window += value - self._streams.initial_window
                    if stream.window > frames.MAX_WINDOW:
                        raise ConnectionFailed(Code.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE is too large")
                self._streams.initial_window = value
            elif setting == frames.HEADER_TABLE_SIZE and value < 4096:
                # The encoder uses no dynamic table, which the client has to be told (RFC 7541, section 4.2).
                self._shrink_table = True

    def tear_down(self) -> None:
        """Reset the connection."""
        self.ready.clear()
        if (raw := self._transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        self._transport.abort()

    def _normal_head(self, response: Response, second: int) -> tuple[bytes, bytes]:
        """Return the bytes before and between the two stream numbers: the start of HEADERS; the block and the start of DATA."""
        if second != _response_blocks.second:
            _response_blocks.second = second
            _response_blocks.known.clear()
        key = (response.status, response.content_type, len(response.body))
        known = _response_blocks.known.get(key)
        if known is None:
            block = self._block(response, second)
            before = frames.frame(frames.HEADERS, frames.END_HEADERS, 0, block)
            data = frames.HEAD.pack(len(response.body) << 8 | frames.DATA, frames.END_STREAM, 0)
            known = _response_blocks.known[key] = (before[:_BEFORE_STREAM], block + data[:_BEFORE_STREAM])
        return known

    def _block(self, response: Response, second: int) -> bytes:
        headers = [
            (b"date", formatdate(second, usegmt=True).encode()),
            (b"content-type", response.content_type),
            (b"content-length", b"%d" % (HUGE_SIZE if response.fault == "huge" else len(response.body))),
            *response.headers,
        ]
        shrink, self._shrink_table = self._shrink_table, False
        return (hpack_encoder.TABLE_SIZE_0 if shrink else b"") + hpack_encoder.encode(response.status, headers)
