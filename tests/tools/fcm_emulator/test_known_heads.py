"""A head is remembered only when its end, and that of its body, are beyond doubt."""

from __future__ import annotations

import pytest
from fcm_emulator.known_heads import Head, KnownHeads

PLAIN = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


def learned(head: bytes, length: int = 5, **headers: bytes) -> bool:
    known = KnownHeads()
    known.learn(head, Head(b"POST", b"/x", {name.replace("_", "-").encode(): value for name, value in headers.items()}, length))
    return known.find(head + b"12345", 0)[1] is not None


def test_a_plain_head_is_remembered() -> None:
    assert learned(PLAIN, content_length=b"5")


def test_a_body_of_one_byte_is_enough() -> None:
    assert learned(PLAIN.replace(b"5", b"1"), 1, content_length=b"1")


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (b"\r\n\r\n", 5),
        (PLAIN, 4),
        (PLAIN, 6),
        (PLAIN, 0),
        (b"POST /x HTTP/1.1\nHost: a\nContent-Length: 9\n\nab\r\n\r\n", 9),
        (b"POST /x HTTP/1.0\r\nContent-Length: 5\r\n\r\n", 5),
        (b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n" + b"X: " + b"y" * 5_000 + b"\r\n\r\n", 5),
        (b"nonsense\r\n\r\n", 5),
    ],
)
def test_a_head_that_is_in_doubt_is_not_remembered(head: bytes, length: int) -> None:
    assert not learned(head, length)


@pytest.mark.parametrize("header", ["transfer_encoding", "expect", "upgrade", "connection", "trailer"])
def test_a_head_that_asks_for_more_is_not_remembered(header: str) -> None:
    assert not learned(PLAIN, 5, **{header: b"x"})
