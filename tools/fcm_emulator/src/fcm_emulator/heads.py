"""Requests' header blocks, decoded once as long as they mean the same."""

from __future__ import annotations

from typing import NamedTuple

from hpack import Decoder, HPACKError

from fcm_emulator.frames import Code, ConnectionFailed

LARGEST_HEAD = 16 * 1024
MOST_HEADERS = 100
MOST_REMEMBERED = 256

#: RFC 9113, 8.2.2: they belong to HTTP/1.1's connections.
_FORBIDDEN = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})
_REQUIRED = frozenset({b":method", b":scheme", b":path"})
_ALLOWED = _REQUIRED | {b":authority"}


class Head(NamedTuple):
    """The head of a request; `length` is its Content-Length, -1 without one."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    length: int
    #: The headers do not make a request that RFC 9113 allows.
    malformed: bool = False


class Heads:
    """One connection's HPACK state.

    A sender's requests differ in their bodies; their header blocks are mostly the same bytes, and mean the same as long as
    the dynamic table holds the same. So a block that left the table alone is remembered until another one changes it.
    """

    def __init__(self) -> None:
        self._decoder = Decoder(max_header_list_size=LARGEST_HEAD)
        self._known: dict[bytes, Head] = {}

    def read(self, block: bytes) -> Head:
        """Return the head that a block stands for; ConnectionFailed when it cannot be decoded, for the state is lost then."""
        known = self._known.get(block)
        if known is not None:
            return known
        before = self._state()
        try:
            pairs = self._decoder.decode(block, raw=True)
        except (HPACKError, ValueError) as error:
            raise ConnectionFailed(Code.COMPRESSION_ERROR, type(error).__name__) from None
        head = _head([(bytes(name), bytes(value)) for name, value in pairs])
        after = self._state()
        # The first entry is compared by identity: the same header put in once more moves all places.
        if after[0] is not before[0] or after[1:] != before[1:]:
            self._known.clear()
        elif len(self._known) < MOST_REMEMBERED:
            self._known[block] = head
        return head

    def _state(self) -> tuple[object, int, int]:
        """Return the dynamic table's newest entry, length and size: whatever changes the table changes one of them."""
        table = self._decoder.header_table
        entries = table.dynamic_entries
        return (entries[0] if entries else None, len(entries), table.maxsize)


def _head(pairs: list[tuple[bytes, bytes]]) -> Head:
    pseudo: dict[bytes, bytes] = {}
    headers: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name.startswith(b":"):
            if headers or name in pseudo or name not in _ALLOWED:
                return _MALFORMED
            pseudo[name] = value
        elif not name or name != name.lower() or name in _FORBIDDEN or (name == b"te" and value != b"trailers"):
            return _MALFORMED
        else:
            headers[name] = value
    if not pseudo.keys() >= _REQUIRED or not pseudo[b":path"] or len(pairs) > MOST_HEADERS:
        return _MALFORMED
    if b":authority" in pseudo:
        headers[b"host"] = pseudo[b":authority"]
    length = headers.get(b"content-length", b"")
    if length and not length.isdigit():
        return _MALFORMED
    return Head(pseudo[b":method"], pseudo[b":path"], headers, int(length[:20]) if length else -1)


_MALFORMED = Head(b"", b"", {}, -1, malformed=True)
