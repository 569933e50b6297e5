"""Decide whether FCM would accept a message, and find its target."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from fcm_emulator import delivery_options, responses, schema
from fcm_emulator.alert_keys import key_of, locale_of
from fcm_emulator.conditions import InvalidCondition, parse_condition
from fcm_emulator.counts import AlertKey
from fcm_emulator.fields import InvalidField, field_of
from fcm_emulator.http_messages import Response

TARGETS = ("fid", "token", "topic", "condition")
#: Bytes of all keys and values together: https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
MAX_MESSAGE_SIZE = 4096
MAX_TOPIC_MESSAGE_SIZE = 2048
MAX_TTL = 2_419_200
MAX_ADDRESS_LENGTH = 4096
RESERVED = frozenset({"from", "message_type"})
RESERVED_PREFIXES = ("google.", "gcm.notification")

_ADDRESS = re.compile(r"[!-~]+")
TOPIC = re.compile(r"[a-zA-Z0-9\-_.~%]{1,900}")
_LABEL = re.compile(r"[a-zA-Z0-9\-_.~%]{1,50}")


class RejectedMessage(Exception):
    """FCM would reject the message: `answer` is the name of the reason in fault plans, `response` is Google's response."""

    def __init__(self, response: Response, answer: str = "INVALID_PAYLOAD") -> None:
        super().__init__(answer)
        self.response = response
        self.answer = answer


class ValidMessage(NamedTuple):
    """A message that FCM would accept. `kind` is one of TARGETS, `address` the value of that field."""

    kind: str
    address: str
    message: dict[str, Any]
    validate_only: bool
    key: AlertKey
    locale: str


def validate(body: bytes) -> ValidMessage:
    """Validate a send request in full. RejectedMessage if FCM would reject it."""
    document = _parse(body)
    try:
        schema.send_request(document)
        message = document.get("message")
        if message is None:
            raise RejectedMessage(responses.unacceptable("message", "Message is not set."))
        kind = _target(message)
    except InvalidField as bad:
        raise RejectedMessage(responses.malformed(bad.path, bad.description)) from None
    _check_target(kind, message[kind])
    _check_data(message)
    _check_delivery(message)
    return _valid(body, document, message, kind)


def validate_target(body: bytes) -> ValidMessage:
    """Validate only the target and the size of a send request, and anything else only if these cannot be read."""
    document = _parse(body)
    try:
        message = document["message"]
        (kind,) = [kind for kind in TARGETS if message.get(kind)]
        _check_target(kind, message[kind])
        valid = _valid(body, document, message, kind)
        # Whatever else is wrong: the values that are counted and shown must be strings.
        return valid if all(type(part) is str for part in (*valid.key, valid.locale)) else validate(body)
    except (AttributeError, KeyError, TypeError, ValueError):
        return validate(body)


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RejectedMessage(responses.malformed("", "Invalid JSON payload received. Unexpected token.")) from None


def _valid(body: bytes, document: dict[str, Any], message: dict[str, Any], kind: str) -> ValidMessage:
    if len(body) > MAX_TOPIC_MESSAGE_SIZE:
        _check_size(message, MAX_MESSAGE_SIZE if kind in ("fid", "token") else MAX_TOPIC_MESSAGE_SIZE)
    return ValidMessage(
        kind, message[kind], message, bool(field_of(document, "validate_only")), key_of(message), locale_of(message)
    )


def _target(message: dict[str, Any]) -> str:
    given = [kind for kind in TARGETS if message.get(kind) is not None]
    if len(given) > 1:
        bad = InvalidField("oneof", given[1])
        bad.prepend("message")
        raise bad
    if not given or not message[given[0]]:
        raise RejectedMessage(responses.unacceptable("message", "Recipient of the message is not set."))
    return given[0]


def _check_target(kind: str, address: str) -> None:
    if kind == "topic" and not TOPIC.fullmatch(address):
        raise RejectedMessage(responses.unacceptable("message.topic", "Invalid topic name."))
    if kind in ("fid", "token") and not is_address(address):
        raise RejectedMessage(responses.INVALID_ADDRESS, "INVALID_ADDRESS")
    if kind == "condition":
        try:
            parse_condition(address)
        except InvalidCondition:
            raise RejectedMessage(responses.unacceptable("message.condition", "Invalid condition expression provided.")) from None


def is_address(text: str) -> bool:
    """Return whether this can be an address. Google documents no format, so any printable ASCII without spaces is accepted."""
    return len(text) <= MAX_ADDRESS_LENGTH and _ADDRESS.fullmatch(text) is not None


def _check_data(message: dict[str, Any]) -> None:
    _check_keys(message.get("data"))
    for name in ("android", "webpush", "android_v2"):
        if options := field_of(message, name):
            _check_keys(options.get("data"))


def _check_keys(data: dict[str, str] | None) -> None:
    if data and (reserved := _reserved(tuple(data))) is not None:
        position, key = reserved
        raise RejectedMessage(responses.unacceptable(f"message.data[{position}].key", f"Invalid data payload key: {key}"))


@lru_cache(maxsize=256)
def _reserved(keys: tuple[str, ...]) -> tuple[int, str] | None:
    """Return the position and name of the first reserved key. Cached, because all messages of a campaign have the same keys."""
    for position, key in enumerate(keys):
        if key in RESERVED or key.startswith(RESERVED_PREFIXES):
            return position, key
    return None


def _check_delivery(message: dict[str, Any]) -> None:
    for name in ("android", "android_v2"):
        if (options := field_of(message, name)) and (ttl := options.get("ttl")) and not 0 <= float(ttl[:-1]) <= MAX_TTL:
            raise RejectedMessage(responses.unacceptable(f"message.{name}.ttl", f"TTL must be from 0 to {MAX_TTL} seconds."))
    if (rejection := delivery_options.rejection(message)) is not None:
        raise RejectedMessage(rejection)
    for holder in (message, message.get("android"), message.get("apns"), message.get("webpush")):
        label = field_of(field_of(holder, "fcm_options") or {}, "analytics_label") if holder else None
        if label and not _LABEL.fullmatch(label):
            raise RejectedMessage(responses.unacceptable("message.fcm_options.analytics_label", "Invalid analytics label."))


def _check_size(message: dict[str, Any], limit: int) -> None:
    """Reject a message whose texts and data, keys included, are too large for a platform; for Apple, the whole JSON payload."""
    shared = message.get("notification") or {}
    android, apple, web = message.get("android") or {}, message.get("apns"), message.get("webpush")
    sizes = [_bytes(android.get("data") or message.get("data") or {}) + _bytes(shared | (android.get("notification") or {}))]
    if apple:
        payload = apple.get("payload") or {}
        if shared and isinstance(aps := payload.get("aps", {}), dict):
            payload = payload | {"aps": {"alert": shared} | aps}
        sizes.append(len(orjson.dumps((message.get("data") or {}) | payload)))
    if web:
        sizes.append(_bytes(web.get("data") or message.get("data") or {}) + _bytes(shared | (web.get("notification") or {})))
    if max(sizes) > limit:
        raise RejectedMessage(responses.TOO_BIG, "TOO_BIG")


def _bytes(values: dict[str, Any]) -> int:
    """Return the length in bytes of all keys and values, encoded in UTF-8."""
    return sum(
        len(key.encode()) + len(value.encode() if isinstance(value, str) else orjson.dumps(value))
        for key, value in values.items()
    )
