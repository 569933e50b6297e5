"""Remembers what was found out about a message, because those of a campaign differ in address and time to live alone.

What `check` finds depends on the bytes only. Two requests that are the same but for an address of the same kind and a time
to live in whole seconds get the same findings, so the second is not read again: the answers are those of a full check.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import orjson

from fcm_emulator.check import LONGEST_TTL, Checked, Refused, check, glance
from fcm_emulator.fields import get

MOST_TEMPLATES = 2_000
MOST_SEEN_ONCE = 20_000

#: Neither a quote nor a backslash can stand in it, so that it ends where it seems to.
_ADDRESS = re.compile(rb'"(fid|token)": ?"([!#-\[\]-~]{1,4096})"')
_PROBE_ADDRESS = b"probe-of-the-emulator"
_PROBE_TTL = b"1209601"


class Cut(NamedTuple):
    """A request's bytes without the address and the seconds of its time to live."""

    start: bytes
    middle: bytes
    end: bytes

    def fill(self, address: bytes, seconds: bytes) -> bytes:
        """Return a request for another address and time to live."""
        return self.start + address + (self.middle + seconds + self.end if self.end else self.middle)


class Templates:
    """Checks requests, each template once."""

    def __init__(self, check_every: int = 1) -> None:
        self.check_every = check_every
        self._known: dict[Cut, Checked] = {}
        #: Templates met once, by their hash: what never comes back is not worth remembering.
        self._once: set[int] = set()
        self._number = 0

    def read(self, body: bytes) -> Checked:
        """Return what `check` would find, or raise Refused; with check_every, others than each such one may get a glance."""
        self._number += 1
        every = self._number % self.check_every == 0
        found = _cut(body)
        if found is None:
            return check(body) if every else glance(body)
        cut, address = found
        known = self._known.get(cut)
        if known is not None and (self.check_every == 1 or not every):
            return Checked(known[0], address.decode(), known[2], known[3], known[4], known[5])
        seen = hash(cut)
        if seen in self._once:
            checked = check(body)
            self._learn(cut, checked)
            return checked
        if len(self._once) >= MOST_SEEN_ONCE:
            self._once.clear()
        self._once.add(seen)
        return check(body) if every else glance(body)

    def _learn(self, cut: Cut, checked: Checked) -> None:
        # Whether the places that were cut are those that count is tried out: a key may be repeated, or stand in the data.
        message = orjson.loads(cut.fill(_PROBE_ADDRESS, _PROBE_TTL)).get("message") or {}
        if message.get(checked.kind) != _PROBE_ADDRESS.decode():
            return
        if cut.end:
            android, web = message.get("android") or {}, (message.get("webpush") or {}).get("headers") or {}
            if f"{_PROBE_TTL.decode()}s" != get(android, "ttl") and _PROBE_TTL.decode() != web.get("TTL"):
                return
        if len(self._known) >= MOST_TEMPLATES:
            del self._known[next(iter(self._known))]
        self._known[cut] = checked


def _cut(body: bytes) -> tuple[Cut, bytes] | None:
    match = _ADDRESS.search(body)
    if match is None:
        return None
    first, last = match.span(2)
    begin = body.find(b'"ttl":')
    if begin < 0:
        begin = body.find(b'"TTL":')
    if begin < last:
        # No time to live, or one before the address, as some senders order their fields.
        return (Cut(body[:first], body[last:], b""), match[2]) if begin < 0 else None
    begin = body.find(b'"', begin + 6) + 1
    end = body.find(b'"', begin)
    seconds = body[begin:end].removesuffix(b"s")
    if not seconds.isdigit() or len(seconds) > 7 or int(seconds) > LONGEST_TTL:
        return None
    return Cut(body[:first], body[last:begin], body[begin + len(seconds) :]), match[2]


__all__ = ["Refused", "Templates"]
