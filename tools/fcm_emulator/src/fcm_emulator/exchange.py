"""What a wire protocol hands to the request handler, and what it gets back."""

from __future__ import annotations

from typing import Literal, NamedTuple

JSON = b"application/json; charset=UTF-8"
HTML = b"text/html; charset=utf-8"

#: An answer may not come as a sender expects it: "reset" tears down, "hang" never says anything, "drip" sends one byte a
#: second, "huge" says and sends a gigabyte.
Fault = Literal["", "reset", "hang", "drip", "huge"]
HUGE_CHUNK = b" " * 16_384
HUGE_SIZE = len(HUGE_CHUNK) * 65_536


class Request(NamedTuple):
    """One complete HTTP request; header names in lower case, the target as sent."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    body: bytes


class Reply(NamedTuple):
    """One answer; `delay` in seconds is for the protocol to keep, before the answer or the fault."""

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    delay: float = 0.0
    fault: Fault = ""
    #: Over HTTP/2, whether a reset takes the connection with it or only the stream.
    whole_connection: bool = False
    #: The connection takes no more requests after this one.
    goaway: bool = False
