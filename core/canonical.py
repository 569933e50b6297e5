"""One way to write a value down, so that the same value always has the same bytes and the same digest."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Write JSON with sorted keys, no spaces and UTF-8 as it is; refuse NaN and infinities (ValueError)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(data: bytes) -> str:
    """Return the SHA-256 of the bytes as 64 lower-case hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()
