"""Canonical JSON: equal values have equal bytes, and so equal digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Return JSON as UTF-8 with sorted keys and no spaces; ValueError for NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def canonical_object(values: Mapping[str, Any], lists: Mapping[str, Iterable[bytes]]) -> bytes:
    """Return the canonical JSON of an object with these values and these lists, whose elements are already canonical JSON."""
    members = {name: canonical_json(value) for name, value in values.items()}
    members |= {name: b"[%s]" % b",".join(elements) for name, elements in lists.items()}
    return b"{%s}" % b",".join(b"%s:%s" % (canonical_json(name), members[name]) for name in sorted(members))


def digest(data: bytes) -> str:
    """Return the SHA-256 of the bytes as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
