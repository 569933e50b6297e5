"""Finished responses of one edition, by the parts of the request that they depend on, within bounds."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.reads.edition import Edition

#: Values of `fast_path.KEY_VARIABLES` in their order, with a digest of the body after them for a POST.
Key = tuple[Any, ...]

#: Responses and bytes of bodies held; beyond either bound the cache is emptied.
MAX_RESPONSES, MAX_BYTES = 4096, 48_000_000
#: Bytes of a body of which clients can invent any number; a larger one is not held, because a few of them would empty the cache
#: for all readers.
MAX_INVENTED_BYTES = 500_000
#: Characters of a key; a response with a longer one is not held.
MAX_KEY_LENGTH = 2048


class CachedResponse(NamedTuple):
    """A response, valid until a Unix time."""

    until: float
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    #: Whether clients may invent any number of large bodies like this one.
    invented: bool = False


class ResponseCache:
    """The responses of one edition. A request that began under an older edition fills the older edition's cache."""

    __slots__ = ("bytes", "edition", "responses")

    def __init__(self, edition: Edition | None) -> None:
        self.edition = edition
        self.responses: dict[Key, CachedResponse] = {}
        self.bytes = 0

    def hold(self, key: Key, response: CachedResponse) -> None:
        """Keep a response. Emptying a full cache is simpler than choosing what to drop, and it fills again in microseconds."""
        if sum(len(part) for part in key if part) > MAX_KEY_LENGTH:
            return
        if response.invented and len(response.body) > MAX_INVENTED_BYTES:
            return
        if len(self.responses) >= MAX_RESPONSES or self.bytes > MAX_BYTES:
            self.responses.clear()
            self.bytes = 0
        self.responses[key] = response
        self.bytes += len(response.body)
