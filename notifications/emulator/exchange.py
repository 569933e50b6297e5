"""What a wire protocol hands to the request handler, and what it gets back."""

from __future__ import annotations

from typing import Literal, NamedTuple

JSON = b"application/json; charset=UTF-8"
HTML = b"text/html; charset=utf-8"

#: A phone's connection may end without an answer: "reset" tears it down, "hang" never says anything again.
Fault = Literal["", "reset", "hang"]


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
