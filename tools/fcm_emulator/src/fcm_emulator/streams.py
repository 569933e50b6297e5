"""The streams of an HTTP/2 connection."""

from __future__ import annotations

from fcm_emulator.header_blocks import RequestHead


class Stream:
    """A request, and the part of its response that has not been sent yet."""

    __slots__ = ("allowed", "body", "ended", "head", "pending", "received", "repeat", "window")

    def __init__(self, head: RequestHead, window: int) -> None:
        self.head = head
        self.body = b""
        #: Whether the request is complete.
        self.ended = False
        #: Bytes of DATA received, padding included.
        self.received = 0
        #: Bytes that the client still accepts on this stream.
        self.window = window
        #: Bytes still to be sent; None until there is a response.
        self.pending: bytes | None = None
        #: How many more times `pending` is sent after this one.
        self.repeat = 0
        #: Bytes of `pending` that may be sent now, if the response is sent byte by byte.
        self.allowed = 2**62


class Streams(dict[int, Stream]):
    """The open streams by number."""

    #: The window that the client grants to a new stream, in bytes.
    initial_window = 65_535
