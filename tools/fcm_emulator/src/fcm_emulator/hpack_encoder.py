"""Encode response headers with HPACK's static table and literals only, so that the encoder needs no state (RFC 7541)."""

from __future__ import annotations

#: Indexes in the static table of complete `:status` entries.
_STATUSES = {200: 0x88, 204: 0x89, 206: 0x8A, 304: 0x8B, 400: 0x8C, 404: 0x8D, 500: 0x8E}
#: Indexes in the static table of header names.
_NAMES = {
    b"cache-control": 24,
    b"content-length": 28,
    b"content-type": 31,
    b"date": 33,
    b"retry-after": 53,
    b"www-authenticate": 61,
}
#: A dynamic table size update to 0.
TABLE_SIZE_0 = b"\x20"


def encode(status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the header block of a response; header names may be in any case."""
    first = bytes([_STATUSES[status]]) if status in _STATUSES else b"\x08" + _text(b"%d" % status)
    return first + b"".join(_literal(name.lower(), value) for name, value in headers)


def _literal(name: bytes, value: bytes) -> bytes:
    known = _NAMES.get(name)
    return (_number(known, 4) if known else b"\x00" + _text(name)) + _text(value)


def _text(value: bytes) -> bytes:
    return _number(len(value), 7) + value


def _number(value: int, bits: int) -> bytes:
    """Return an integer with a prefix of `bits` bits; the bits before the prefix are 0."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([value])
    rest = bytearray([most])
    value -= most
    while value >= 128:
        rest.append(value & 127 | 128)
        value >>= 7
    rest.append(value)
    return bytes(rest)
