"""A request head is cached only if it is certain where it and its body end."""

from __future__ import annotations

import pytest
from fcm_emulator.head_cache import CachedHead, HeadCache

PLAIN = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


def is_cached(head: bytes, length: int = 5, **headers: bytes) -> bool:
    cache = HeadCache()
    cache.learn(
        head, CachedHead(b"POST", b"/x", {name.replace("_", "-").encode(): value for name, value in headers.items()}, length)
    )
    return cache.find(head + b"12345", 0)[1] is not None


def test_a_plain_head_is_cached() -> None:
    assert is_cached(PLAIN, content_length=b"5")


def test_a_body_of_one_byte_is_enough() -> None:
    assert is_cached(PLAIN.replace(b"5", b"1"), 1, content_length=b"1")


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
def test_a_head_with_an_uncertain_end_is_not_cached(head: bytes, length: int) -> None:
    assert not is_cached(head, length)


@pytest.mark.parametrize("header", ["transfer_encoding", "expect", "upgrade", "connection", "trailer"])
def test_a_head_with_special_headers_is_not_cached(header: str) -> None:
    assert not is_cached(PLAIN, 5, **{header: b"x"})
