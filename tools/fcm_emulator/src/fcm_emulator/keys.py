"""What a message is counted under, and the language it says it is in."""

from __future__ import annotations

from typing import Any

from fcm_emulator.counts import Key
from fcm_emulator.fields import get


def key_of(message: dict[str, Any]) -> Key:
    """Return what a message is counted under; a message without any platform's tag goes by its alert."""
    data = message.get("data") or (message.get("android") or {}).get("data") or {}
    alert = data.get("alert", "")
    return Key(_tag(message) or alert, alert, data.get("rev", ""))


def locale_of(message: dict[str, Any]) -> str:
    """Return the language that the message says it is in, or "und"."""
    return (message.get("data") or {}).get("lang") or "und"


def _tag(message: dict[str, Any]) -> str:
    if android := message.get("android") or get(message, "android_v2"):
        notification = android.get("notification") or (get(android, "remote_notification") or {}).get("notification") or {}
        if tag := notification.get("tag"):
            return str(tag)
    if (apple := message.get("apns")) and (collapse := (apple.get("headers") or {}).get("apns-collapse-id")):
        return str(collapse)
    if (web := message.get("webpush")) and (tag := (web.get("notification") or {}).get("tag")):
        return str(tag)
    return ""
