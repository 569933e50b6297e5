"""A cache of validation results, because the messages of a campaign differ only in address and TTL.

The result of `validate` depends only on the bytes. Two requests that are equal except for an address of the same kind and a TTL
in whole seconds have the same result, so the second one is not validated again. Why: docs/adr/0013-emulator-http2.md.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import orjson

from fcm_emulator.fields import field_of
from fcm_emulator.validation import MAX_TTL, ValidMessage, validate, validate_target

MAX_TEMPLATES = 2_000
MAX_SEEN_ONCE = 20_000

#: The value contains neither a quote nor a backslash, so it ends at the next quote.
_ADDRESS = re.compile(rb'"(fid|token)": ?"([!#-\[\]-~]{1,4096})"')
_PROBE_ADDRESS = b"probe-of-the-emulator"
_PROBE_TTL = b"1209601"


class RequestTemplate(NamedTuple):
    """The bytes of a request without its address and without the seconds of its TTL."""

    start: bytes
    middle: bytes
    end: bytes

    def fill(self, address: bytes, seconds: bytes) -> bytes:
        """Return a request for another address and another TTL."""
        return self.start + address + (self.middle + seconds + self.end if self.end else self.middle)


class ValidationCache:
    """Validates requests, each template only once."""

    def __init__(self, check_every: int = 1) -> None:
        self.check_every = check_every
        self._known: dict[RequestTemplate, ValidMessage] = {}
        #: Hashes of templates seen once. A template is cached when it is seen for the second time.
        self._once: set[int] = set()
        self._number = 0

    def validate(self, body: bytes) -> ValidMessage:
        """Return the result of `validate`. InvalidMessage if FCM would reject the request.

        With check_every, only every Nth request of an unknown template is validated in full; of the others only the target is.
        """
        self._number += 1
        in_full = self._number % self.check_every == 0
        found = _template(body)
        if found is None:
            return validate(body) if in_full else validate_target(body)
        template, address = found
        known = self._known.get(template)
        if known is not None and (self.check_every == 1 or not in_full):
            return ValidMessage(known[0], address.decode(), known[2], known[3], known[4], known[5])
        seen = hash(template)
        if seen in self._once:
            valid = validate(body)
            self._learn(template, valid)
            return valid
        if len(self._once) >= MAX_SEEN_ONCE:
            self._once.clear()
        self._once.add(seen)
        return validate(body) if in_full else validate_target(body)

    def _learn(self, template: RequestTemplate, valid: ValidMessage) -> None:
        # A key may be repeated, or be part of the data: check that the places that were cut out are the ones that count.
        message = orjson.loads(template.fill(_PROBE_ADDRESS, _PROBE_TTL)).get("message") or {}
        if message.get(valid.kind) != _PROBE_ADDRESS.decode():
            return
        if template.end:
            android, web = message.get("android") or {}, (message.get("webpush") or {}).get("headers") or {}
            if f"{_PROBE_TTL.decode()}s" != field_of(android, "ttl") and _PROBE_TTL.decode() != web.get("TTL"):
                return
        if len(self._known) >= MAX_TEMPLATES:
            del self._known[next(iter(self._known))]
        self._known[template] = valid


def _template(body: bytes) -> tuple[RequestTemplate, bytes] | None:
    """Return the template of a request and its address, or None if it has no address or its TTL cannot be cut out."""
    match = _ADDRESS.search(body)
    if match is None:
        return None
    first, last = match.span(2)
    begin = body.find(b'"ttl":')
    if begin < 0:
        begin = body.find(b'"TTL":')
    if begin < last:
        # Either there is no TTL, or it precedes the address, as with some senders.
        return (RequestTemplate(body[:first], body[last:], b""), match[2]) if begin < 0 else None
    begin = body.find(b'"', begin + 6) + 1
    end = body.find(b'"', begin)
    seconds = body[begin:end].removesuffix(b"s")
    if not seconds.isdigit() or len(seconds) > 7 or int(seconds) > MAX_TTL:
        return None
    return RequestTemplate(body[:first], body[last:begin], body[begin + len(seconds) :]), match[2]
