"""The key that a message is counted under, and the language of its text."""

from __future__ import annotations

from typing import Any

from fcm_emulator.counts import AlertKey
from fcm_emulator.fields import field_of


def key_of(message: dict[str, Any]) -> AlertKey:
    """Return the key that a message is counted under. Without a platform's tag, the alert of the data is the tag."""
    data = message.get("data") or (message.get("android") or {}).get("data") or {}
    alert = data.get("alert", "")
    return AlertKey(_tag(message) or alert, alert, data.get("rev", ""))


def locale_of(message: dict[str, Any]) -> str:
    """Return the language named in the data, or "und"."""
    return (message.get("data") or {}).get("lang") or "und"


def _tag(message: dict[str, Any]) -> str:
    if android := message.get("android") or field_of(message, "android_v2"):
        notification = android.get("notification") or (field_of(android, "remote_notification") or {}).get("notification") or {}
        if tag := notification.get("tag"):
            return str(tag)
    if (apple := message.get("apns")) and (collapse := (apple.get("headers") or {}).get("apns-collapse-id")):
        return str(collapse)
    if (web := message.get("webpush")) and (tag := (web.get("notification") or {}).get("tag")):
        return str(tag)
    return ""
