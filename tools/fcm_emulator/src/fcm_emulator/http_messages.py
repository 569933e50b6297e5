"""The request that a wire protocol gives to the request handler, and the response that it gets back."""

from __future__ import annotations

from typing import Literal, NamedTuple

JSON = b"application/json; charset=UTF-8"
HTML = b"text/html; charset=utf-8"

#: How a response deviates from a normal one: "reset" tears down, "hang" sends nothing, "drip" sends one byte per second, "huge"
#: announces and sends a gigabyte.
Fault = Literal["", "reset", "hang", "drip", "huge"]
HUGE_CHUNK = b" " * 16_384
HUGE_SIZE = len(HUGE_CHUNK) * 65_536


class Request(NamedTuple):
    """A complete HTTP request. Header names are in lower case, the target is as sent."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    body: bytes


class Response(NamedTuple):
    """A response. The protocol waits `delay` seconds before it sends the response or the fault."""

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    delay: float = 0.0
    fault: Fault = ""
    #: Over HTTP/2, whether a reset ends the whole connection instead of the stream.
    whole_connection: bool = False
    #: Whether the connection takes no further requests.
    goaway: bool = False
