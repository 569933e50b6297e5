"""Header blocks of requests, decoded only once while their meaning stays the same."""

from __future__ import annotations

from typing import NamedTuple

from hpack import Decoder, HPACKError

from fcm_emulator.frames import Code, ConnectionFailed

MAX_HEAD_SIZE = 16 * 1024
MAX_HEADERS = 100
MAX_CACHED = 256

#: Connection-specific headers of HTTP/1.1 (RFC 9113, section 8.2.2).
_FORBIDDEN = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})
_REQUIRED = frozenset({b":method", b":scheme", b":path"})
_ALLOWED = _REQUIRED | {b":authority"}


class RequestHead(NamedTuple):
    """The head of a request; `length` is its Content-Length, or -1 if it has none."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    length: int
    #: Whether RFC 9113 does not allow a request with these headers.
    malformed: bool = False


class HeaderBlocks:
    """The HPACK state of one connection.

    A sender's requests differ in their bodies. Their header blocks mostly have the same bytes, and the same bytes mean the same
    while the dynamic table is unchanged. So a block that does not change the table is cached until another block does.
    """

    def __init__(self) -> None:
        self._decoder = Decoder(max_header_list_size=MAX_HEAD_SIZE)
        self._known: dict[bytes, RequestHead] = {}

    def read(self, block: bytes) -> RequestHead:
        """Return the decoded head. ConnectionFailed if the block cannot be decoded, because the state is lost then."""
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
        # Compared by identity, because adding an equal header moves all entries.
        if after[0] is not before[0] or after[1:] != before[1:]:
            self._known.clear()
        elif len(self._known) < MAX_CACHED:
            self._known[block] = head
        return head

    def _state(self) -> tuple[object, int, int]:
        """Return the newest entry, the length and the size of the dynamic table; every change of it changes one of them."""
        table = self._decoder.header_table
        entries = table.dynamic_entries
        return (entries[0] if entries else None, len(entries), table.maxsize)


def _head(pairs: list[tuple[bytes, bytes]]) -> RequestHead:
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
    if not pseudo.keys() >= _REQUIRED or not pseudo[b":path"] or len(pairs) > MAX_HEADERS:
        return _MALFORMED
    if b":authority" in pseudo:
        headers[b"host"] = pseudo[b":authority"]
    length = headers.get(b"content-length", b"")
    if length and not length.isdigit():
        return _MALFORMED
    return RequestHead(pseudo[b":method"], pseudo[b":path"], headers, int(length[:20]) if length else -1)


_MALFORMED = RequestHead(b"", b"", {}, -1, malformed=True)
