"""Check the options that FCM passes on to Apple and to browsers' push services, as these check them.

FCM accepts some of these messages and drops them later; a sender learns of it here at once.
"""

from __future__ import annotations

import re
from typing import Any

from fcm_emulator import responses
from fcm_emulator.fields import field_of
from fcm_emulator.http_messages import Response

#: https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
PUSH_TYPES = frozenset(
    {
        "alert",
        "background",
        "complication",
        "controls",
        "fileprovider",
        "liveactivity",
        "location",
        "mdm",
        "pushtotalk",
        "voip",
        "widgets",
    }
)
PRIORITIES = frozenset({"1", "5", "10"})
#: Bytes.
MAX_COLLAPSE_ID_LENGTH = 64
#: https://developer.apple.com/documentation/usernotifications/unnotificationinterruptionlevel
INTERRUPTION_LEVELS = frozenset({"passive", "active", "time-sensitive", "critical"})
#: https://www.rfc-editor.org/rfc/rfc8030#section-5.3
URGENCIES = frozenset({"very-low", "low", "normal", "high"})

_SECONDS = re.compile(r"[0-9]{1,10}")
#: At most 32 characters of the URL-safe base64 alphabet: https://www.rfc-editor.org/rfc/rfc8030#section-5.4
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")


def rejection(message: dict[str, Any]) -> Response | None:
    """Return the response to a message of the right types whose options cannot be delivered, or None."""
    if message.get("android") and field_of(message, "android_v2"):
        return responses.unacceptable("message.android_v2", "android and android_v2 are mutually exclusive.")
    if (apple := message.get("apns")) and (found := _apple(apple, message)):
        return responses.unacceptable(f"message.apns.{found[0]}", found[1])
    if (web := message.get("webpush")) and (found := _web(web)):
        return responses.unacceptable(f"message.webpush.{found[0]}", found[1])
    return None


def _apple(apple: dict[str, Any], message: dict[str, Any]) -> tuple[str, str] | None:
    """Return (field, what is wrong with it), or None."""
    headers: dict[str, str] = apple.get("headers") or {}
    payload = apple.get("payload") or {}
    aps = payload.get("aps", {})
    priority = headers.get("apns-priority", "10")
    if headers.get("apns-push-type", "alert") not in PUSH_TYPES:
        return "headers", "apns-push-type is not one that Apple knows."
    if priority not in PRIORITIES:
        return "headers", "apns-priority must be 1, 5 or 10."
    if not _SECONDS.fullmatch(headers.get("apns-expiration", "0")):
        return "headers", "apns-expiration must be seconds since 1970."
    if len(headers.get("apns-collapse-id", "").encode()) > MAX_COLLAPSE_ID_LENGTH:
        return "headers", f"apns-collapse-id is longer than {MAX_COLLAPSE_ID_LENGTH} bytes."
    if not isinstance(aps, dict):
        return "payload", "aps must be an object."
    if aps.get("interruption-level", "active") not in INTERRUPTION_LEVELS:
        return "payload", "interruption-level is not one that Apple knows."
    shown = bool(message.get("notification")) or any(name in aps for name in ("alert", "badge", "sound"))
    if payload and not shown and (message.get("data") or aps.get("content-available")) and priority == "10":
        # "When sending payloads containing only data fields to iOS devices, only normal priority is allowed": the discovery
        # document, on Message.data.
        return "headers", "apns-priority must be 5 for a message that shows nothing."
    if headers.get("apns-push-type") == "background" and shown:
        return "headers", "apns-push-type must be alert for a message that shows something."
    return None


def _web(web: dict[str, Any]) -> tuple[str, str] | None:
    """Return (field, what is wrong with it), or None. The names of headers have no case."""
    headers = {name.lower(): value for name, value in (web.get("headers") or {}).items()}
    if not _SECONDS.fullmatch(headers.get("ttl", "0")):
        return "headers", "TTL must be a number of seconds."
    if headers.get("urgency", "normal") not in URGENCIES:
        return "headers", "Urgency must be very-low, low, normal or high."
    if not _TOPIC.fullmatch(headers.get("topic", "t")):
        return "headers", "Topic must have at most 32 characters of the URL-safe base64 alphabet."
    link = (field_of(web, "fcm_options") or {}).get("link")
    if link and not link.startswith("https://"):
        return "fcm_options.link", "The link must be an HTTPS URL."
    return None
