"""The streams of one HTTP/2 connection."""

from __future__ import annotations

from fcm_emulator.heads import Head


class Stream:
    """One request and what is left of its answer."""

    __slots__ = ("allowed", "body", "ended", "head", "pending", "received", "repeat", "window")

    def __init__(self, head: Head, window: int) -> None:
        self.head = head
        self.body = b""
        #: Whether the request is complete, and how many bytes of DATA it had, padding included.
        self.ended = False
        self.received = 0
        #: How many bytes the other side still takes on this stream.
        self.window = window
        #: What is still to be sent; None before there is an answer, and how often it is sent again.
        self.pending: bytes | None = None
        self.repeat = 0
        #: How many bytes of it may be sent now, where an answer comes in drops.
        self.allowed = 2**62


class Streams(dict[int, Stream]):
    """The open streams by number."""

    #: The window that the other side gives to a new stream.
    initial_window = 65_535
