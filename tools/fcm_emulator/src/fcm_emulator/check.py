"""Decides whether FCM would take a message, and whom it is for."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from fcm_emulator import answers, schema
from fcm_emulator.conditions import BadCondition, read_condition
from fcm_emulator.counts import Key
from fcm_emulator.exchange import Reply
from fcm_emulator.fields import BadField, get
from fcm_emulator.keys import key_of, locale_of

TARGETS = ("fid", "token", "topic", "condition")
#: https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode: keys and values together.
LARGEST_MESSAGE = 4096
LARGEST_TOPIC_MESSAGE = 2048
LONGEST_TTL = 2_419_200
LONGEST_ADDRESS = 4096
#: Apple refuses a longer apns-collapse-id.
LONGEST_COLLAPSE_ID = 64
RESERVED = frozenset({"from", "message_type"})
RESERVED_PREFIXES = ("google.", "gcm.notification")

_ADDRESS = re.compile(r"[!-~]+")
TOPIC = re.compile(r"[a-zA-Z0-9\-_.~%]{1,900}")
_LABEL = re.compile(r"[a-zA-Z0-9\-_.~%]{1,50}")


class Refused(Exception):
    """FCM would not take the message; `answer` is the plan's name for why, `reply` what Google would say."""

    def __init__(self, reply: Reply, answer: str = "INVALID_PAYLOAD") -> None:
        super().__init__(answer)
        self.reply = reply
        self.answer = answer


class Checked(NamedTuple):
    """A message that FCM would take, and its one target."""

    kind: str
    address: str
    message: dict[str, Any]
    validate_only: bool
    key: Key
    locale: str


def check(body: bytes) -> Checked:
    """Read a send request, or raise Refused with FCM's answer to it."""
    document = _read(body)
    try:
        schema.request(document)
        message = document.get("message")
        if message is None:
            raise Refused(answers.unacceptable("message", "Message is not set."))
        kind = _target(message)
    except BadField as bad:
        raise Refused(answers.malformed(bad.path, bad.description)) from None
    _check_target(kind, message[kind])
    _check_data(message)
    _check_delivery(message)
    return _checked(body, document, message, kind)


def glance(body: bytes) -> Checked:
    """Read a send request for its target and size alone; what does not even allow that gets every check."""
    document = _read(body)
    try:
        message = document["message"]
        (kind,) = [kind for kind in TARGETS if message.get(kind)]
        _check_target(kind, message[kind])
        checked = _checked(body, document, message, kind)
        # What is counted and shown has to be text, whatever the rest may be.
        return checked if all(type(part) is str for part in (*checked.key, checked.locale)) else check(body)
    except (AttributeError, KeyError, TypeError, ValueError):
        return check(body)


def _read(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(answers.malformed("", "Invalid JSON payload received. Unexpected token.")) from None


def _checked(body: bytes, document: dict[str, Any], message: dict[str, Any], kind: str) -> Checked:
    if len(body) > LARGEST_TOPIC_MESSAGE:
        _check_size(message, LARGEST_MESSAGE if kind in ("fid", "token") else LARGEST_TOPIC_MESSAGE)
    return Checked(kind, message[kind], message, bool(get(document, "validate_only")), key_of(message), locale_of(message))


def _target(message: dict[str, Any]) -> str:
    given = [kind for kind in TARGETS if message.get(kind) is not None]
    if len(given) > 1:
        bad = BadField("oneof", given[1])
        bad.inside("message")
        raise bad
    if not given or not message[given[0]]:
        raise Refused(answers.unacceptable("message", "Recipient of the message is not set."))
    return given[0]


def _check_target(kind: str, address: str) -> None:
    if kind == "topic" and not TOPIC.fullmatch(address):
        raise Refused(answers.unacceptable("message.topic", "Invalid topic name."))
    if kind in ("fid", "token") and not is_address(address):
        raise Refused(answers.INVALID_ADDRESS, "INVALID_ADDRESS")
    if kind == "condition":
        try:
            read_condition(address)
        except BadCondition:
            raise Refused(answers.unacceptable("message.condition", "Invalid condition expression provided.")) from None


def is_address(text: str) -> bool:
    """Say whether this can be a registration. Google does not say how one looks: any printable text without a space can."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def _check_data(message: dict[str, Any]) -> None:
    _check_keys(message.get("data"))
    for name in ("android", "webpush", "android_v2"):
        if options := get(message, name):
            _check_keys(options.get("data"))


def _check_keys(data: dict[str, str] | None) -> None:
    if data and (reserved := _reserved(tuple(data))) is not None:
        position, key = reserved
        raise Refused(answers.unacceptable(f"message.data[{position}].key", f"Invalid data payload key: {key}"))


@lru_cache(maxsize=256)
def _reserved(keys: tuple[str, ...]) -> tuple[int, str] | None:
    """Return the first reserved key and its place; remembered, since all messages of a campaign have the same keys."""
    for position, key in enumerate(keys):
        if key in RESERVED or key.startswith(RESERVED_PREFIXES):
            return position, key
    return None


def _check_delivery(message: dict[str, Any]) -> None:
    for name in ("android", "android_v2"):
        if (options := get(message, name)) and (ttl := options.get("ttl")) and not 0 <= float(ttl[:-1]) <= LONGEST_TTL:
            raise Refused(answers.unacceptable(f"message.{name}.ttl", f"TTL must be from 0 to {LONGEST_TTL} seconds."))
    if (apple := message.get("apns")) and len(
        (apple.get("headers") or {}).get("apns-collapse-id", "").encode()
    ) > LONGEST_COLLAPSE_ID:
        detail = f"apns-collapse-id is longer than {LONGEST_COLLAPSE_ID} bytes."
        raise Refused(answers.unacceptable("message.apns.headers", detail))
    for holder in (message, message.get("android"), message.get("apns"), message.get("webpush")):
        label = get(get(holder, "fcm_options") or {}, "analytics_label") if holder else None
        if label and not _LABEL.fullmatch(label):
            raise Refused(answers.unacceptable("message.fcm_options.analytics_label", "Invalid analytics label."))


def _check_size(message: dict[str, Any], limit: int) -> None:
    """Refuse what is too large for a platform: texts and data, keys included; for Apple the whole payload as JSON."""
    shared = message.get("notification") or {}
    android, apple, web = message.get("android") or {}, message.get("apns"), message.get("webpush")
    sizes = [_bytes(android.get("data") or message.get("data") or {}) + _bytes(shared | (android.get("notification") or {}))]
    if apple:
        payload = apple.get("payload") or {"aps": {"alert": shared}}
        sizes.append(len(orjson.dumps((message.get("data") or {}) | payload)))
    if web:
        sizes.append(_bytes(web.get("data") or message.get("data") or {}) + _bytes(shared | (web.get("notification") or {})))
    if max(sizes) > limit:
        raise Refused(answers.TOO_BIG, "TOO_BIG")


def _bytes(values: dict[str, Any]) -> int:
    """Return the UTF-8 length of all keys and values together."""
    return sum(
        len(key.encode()) + len(value.encode() if isinstance(value, str) else orjson.dumps(value))
        for key, value in values.items()
    )
