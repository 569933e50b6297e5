"""Answers as HTTP/2 frames, as far as the other side's windows let them go."""

from __future__ import annotations

import asyncio
import socket
import struct
from email.utils import formatdate

from fcm_emulator import frames, hpack_static
from fcm_emulator.exchange import HUGE_CHUNK, HUGE_SIZE, Reply
from fcm_emulator.frames import Code, ConnectionFailed, StreamFailed
from fcm_emulator.streams import Stream, Streams

#: close() with this lingers not at all: the other side sees a reset instead of an orderly end.
ABRUPT = struct.pack("ii", 1, 0)


#: How much of a frame's head stands before its stream.
_TO_STREAM = 5


class _Blocks:
    """Header blocks of plain answers, remembered for one second because of their Date."""

    def __init__(self) -> None:
        self.second = 0
        self.known: dict[tuple[int, bytes, int], tuple[bytes, bytes]] = {}


_blocks = _Blocks()


class Outbox:
    """What one connection still has to write."""

    def __init__(self, transport: asyncio.Transport, streams: Streams) -> None:
        self._transport = transport
        self._streams = streams
        self.ready: list[bytes] = []
        #: Whether the transport asked to wait.
        self.paused = False
        self._window = 65_535
        self._shrink_table = False

    def flush(self) -> None:
        """Write what is ready, in one go."""
        if self.ready and not self._transport.is_closing():
            self._transport.write(b"".join(self.ready))
        self.ready.clear()

    def answer(self, number: int, reply: Reply, stream: Stream, at: float) -> None:
        """Send an answer, or as much of it as may be sent now."""
        body = b"" if stream.head.method == b"HEAD" else reply.body
        size = len(body)
        name = number.to_bytes(4)
        if reply.fault or reply.headers or self._shrink_table or not size:
            block = self._block(reply, int(at))
            self.ready.append(frames.frame(frames.HEADERS, frames.END_HEADERS | (not (size or reply.fault)), number, block))
        else:
            before, after = self._plain(reply, int(at))
            if size <= stream.window and size <= self._window and size <= frames.LARGEST_FRAME:
                self._window -= size
                del self._streams[number]
                self.ready += (before, name, after, name, body)
                return
            self.ready += (before, name, after[:-_TO_STREAM])
        if reply.fault == "drip":
            stream.allowed = 1
        if reply.fault == "huge":
            body, stream.repeat = HUGE_CHUNK, HUGE_SIZE // len(HUGE_CHUNK) - 1
        stream.pending = body
        if body:
            self.push(number, stream)
        else:
            del self._streams[number]

    def push(self, number: int, stream: Stream) -> None:
        """Send what the windows allow of one answer."""
        while stream.pending and not self.paused:
            size = min(len(stream.pending), stream.window, self._window, stream.allowed, frames.LARGEST_FRAME)
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
                # What never ends leaves at once, so that the transport can say when it has enough.
                self.flush()

    def pump(self) -> None:
        """Send what waited for a window."""
        for number, stream in list(self._streams.items()):
            if stream.pending:
                self.push(number, stream)

    def widen(self, number: int, increment: int, stream: Stream | None) -> None:
        """Take a WINDOW_UPDATE; `stream` is None for the connection's."""
        if stream is None:
            if not increment:
                raise ConnectionFailed(Code.PROTOCOL_ERROR, "WINDOW_UPDATE of nothing")
            self._window += increment
            if self._window > frames.LARGEST_WINDOW:
                raise ConnectionFailed(Code.FLOW_CONTROL_ERROR, "The window of the connection is too large")
            self.pump()
            return
        stream.window += increment
        if not increment or stream.window > frames.LARGEST_WINDOW:
            raise StreamFailed(number, Code.FLOW_CONTROL_ERROR if increment else Code.PROTOCOL_ERROR)
        self.push(number, stream)

    def settle(self, pairs: list[tuple[int, int]]) -> None:
        """Take over the other side's settings."""
        for setting, value in pairs:
            if setting == frames.INITIAL_WINDOW_SIZE:
                for stream in self._streams.values():
                    stream.window += value - self._streams.initial_window
                    if stream.window > frames.LARGEST_WINDOW:
                        raise ConnectionFailed(Code.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE is too large")
                self._streams.initial_window = value
            elif setting == frames.HEADER_TABLE_SIZE and value < 4096:
                # We keep no table; its other end has to be told (RFC 7541, 4.2).
                self._shrink_table = True

    def tear_down(self) -> None:
        """Reset the connection."""
        self.ready.clear()
        if (raw := self._transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPT)
        self._transport.abort()

    def _plain(self, reply: Reply, second: int) -> tuple[bytes, bytes]:
        """Return what stands around the two stream numbers: HEADERS up to the first, the block and DATA up to the second."""
        if second != _blocks.second:
            _blocks.second = second
            _blocks.known.clear()
        key = (reply.status, reply.content_type, len(reply.body))
        known = _blocks.known.get(key)
        if known is None:
            block = self._block(reply, second)
            before = frames.frame(frames.HEADERS, frames.END_HEADERS, 0, block)
            data = frames.HEAD.pack(len(reply.body) << 8 | frames.DATA, frames.END_STREAM, 0)
            known = _blocks.known[key] = (before[:_TO_STREAM], block + data[:_TO_STREAM])
        return known

    def _block(self, reply: Reply, second: int) -> bytes:
        headers = [
            (b"date", formatdate(second, usegmt=True).encode()),
            (b"content-type", reply.content_type),
            (b"content-length", b"%d" % (HUGE_SIZE if reply.fault == "huge" else len(reply.body))),
            *reply.headers,
        ]
        shrink, self._shrink_table = self._shrink_table, False
        return (hpack_static.TABLE_SIZE_0 if shrink else b"") + hpack_static.encode(reply.status, headers)
