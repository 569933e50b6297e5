"""HTTP/2 frames and error codes as bytes (RFC 9113)."""

from __future__ import annotations

from enum import IntEnum
from struct import Struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#: Length and type in one number, flags, stream.
HEAD = Struct(">IBI")
HEAD_SIZE = 9
MAX_FRAME_LENGTH = 16_384
MAX_WINDOW = 2**31 - 1
STREAM_BITS = 2**31 - 1

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
HAS_PRIORITY = 0x20

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(1, 7)
SETTING = Struct(">HI")
_TWO = Struct(">II")


class Code(IntEnum):
    """An error code, which says why a stream or a connection ended."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    COMPRESSION_ERROR = 9
    ENHANCE_YOUR_CALM = 11


class ConnectionFailed(Exception):
    """A connection error: the connection ends with this code and reason in GOAWAY."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class StreamFailed(Exception):
    """A stream error: the stream ends with this code in RST_STREAM."""

    def __init__(self, stream: int, code: Code) -> None:
        super().__init__(code.name)
        self.stream = stream
        self.code = code


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return a frame."""
    return HEAD.pack(len(payload) << 8 | kind, flags, stream) + payload


def settings(**values: int) -> bytes:
    """Return a SETTINGS frame; the keywords are the names of the settings in lower case."""
    return frame(SETTINGS, 0, 0, b"".join(SETTING.pack(_SETTINGS[name], value) for name, value in values.items()))


def read_settings(payload: bytes) -> list[tuple[int, int]]:
    """Return pairs of setting and value. ConnectionFailed if a value is not allowed."""
    if len(payload) % SETTING.size:
        raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "The length of SETTINGS is not a multiple of 6")
    pairs = list(SETTING.iter_unpack(payload))
    for setting, value in pairs:
        if setting == ENABLE_PUSH and value > 1:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "ENABLE_PUSH is 0 or 1")
        if setting == INITIAL_WINDOW_SIZE and value > MAX_WINDOW:
            raise ConnectionFailed(Code.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE is too large")
        if setting == MAX_FRAME_SIZE and not MAX_FRAME_LENGTH <= value < 2**24:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "MAX_FRAME_SIZE is out of its range")
    return pairs


def window_update(stream: int, increment: int) -> bytes:
    """Return a WINDOW_UPDATE frame; stream 0 stands for the connection."""
    return frame(WINDOW_UPDATE, 0, stream, increment.to_bytes(4))


def reset(stream: int, code: Code) -> bytes:
    """Return an RST_STREAM frame."""
    return frame(RST_STREAM, 0, stream, code.to_bytes(4))


def goaway(last: int, code: Code, reason: str = "") -> bytes:
    """Return a GOAWAY frame; `last` is the highest stream that is or will be answered."""
    return frame(GOAWAY, 0, 0, _TWO.pack(last, code) + reason.encode())


def without_padding(payload: bytes) -> bytes:
    """Return the payload of a padded frame without its padding. ConnectionFailed if there is too much of it."""
    if not payload or payload[0] >= len(payload):
        raise ConnectionFailed(Code.PROTOCOL_ERROR, "More padding than payload")
    return payload[1 : len(payload) - payload[0]]


_SETTINGS = {
    "max_concurrent_streams": MAX_CONCURRENT_STREAMS,
    "initial_window_size": INITIAL_WINDOW_SIZE,
    "max_header_list_size": MAX_HEADER_LIST_SIZE,
}
