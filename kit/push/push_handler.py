"""What an app does with a push message of Fingerpost: the reference, without Firebase and without a user interface.

It needs nothing but Python, and follows docs/push.md line by line. `on_message` passes every file of kit/push/fixtures; write
the same for your platform, and pass them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The version of the keys in `data` that this handler knows.
KNOWN_VERSION = "1"


@dataclass(frozen=True)
class Phone:
    """What the app knows when a message arrives."""

    #: android, ios or web.
    platform: str
    #: Whether the person has alerts switched on in the app.
    alerts_on: bool
    #: The highest revision that was shown of each thread: the one value about alerts that an app stores.
    shown: Mapping[str, int]
    #: The place and audience that the person has chosen: country, audience, and the region if it is known.
    reader: Mapping[str, str]


def on_message(message: Mapping[str, Any], phone: Phone) -> dict[str, Any]:
    """Return what the phone does: its notification, what the app stores then, and what it shows once the person opens it."""
    if not phone.alerts_on:
        # A message that was on its way, or a server that has not heard of it: tell the server again.
        return {"notification": None, "unregister": True, "shown": dict(phone.shown), "opened": None}
    data, outer = dict(message["data"]), notification_of(message, phone.platform)
    if data.get("v") != KNOWN_VERSION:
        query = parameters(phone.reader)
        opened: dict[str, Any] = {"screen": "feed", "request": f"/v1/alerts?{query}"}
        return {"notification": {"action": "show", **outer}, "unregister": False, "shown": dict(phone.shown), "opened": opened}
    thread, rev, actual = data["alert"], int(data["rev"]), data["status"] == "Actual"
    highest = phone.shown.get(thread)
    # A rehearsal has no place in the order of a thread. Only test apps get one.
    if actual and highest is not None and rev <= highest:
        kept = {"action": "keep", "tag": outer["tag"]}
        return {"notification": kept, "unregister": False, "shown": dict(phone.shown), "opened": None}
    action = "show" if highest is None else "replace"
    shown = {**phone.shown, thread: rev} if actual else dict(phone.shown)
    return {
        "notification": {"action": action, **outer},
        "unregister": False,
        "shown": shown,
        "opened": on_open(data, outer, phone.reader),
    }


def notification_of(message: Mapping[str, Any], platform: str) -> dict[str, Any]:
    """Return the notification as the system shows it: tag, title, body, and whether it makes a sound."""
    shared = message.get("notification", {})
    if platform == "android":
        own = message["android"]["notification"]
        # The channel decides about the sound, and the person about the channel.
        tag, sound = own["tag"], own["channel_id"] == "urgent"
    elif platform == "ios":
        aps = message["apns"]["payload"]["aps"]
        own = aps.get("alert", {})
        tag, sound = message["apns"]["headers"]["apns-collapse-id"], "sound" in aps
    else:
        own = message["webpush"]["notification"]
        tag, sound = own["tag"], not own.get("silent", False)
    texts = {part: own.get(part) or shared.get(part, "") for part in ("title", "body")}
    return {"tag": tag, **texts, "sound": sound}


def on_open(data: Mapping[str, str], outer: Mapping[str, Any], reader: Mapping[str, str]) -> dict[str, Any]:
    """Return what the app shows at once when the person opens the notification, and the request that it sends meanwhile."""
    number = data["open"].removeprefix("alert/")
    in_message = data.get("inner") != "feed"
    services = data.get("services")
    query = parameters({**reader, "locale": data["lang"]})
    return {
        "screen": "alert",
        "id": number,
        "text_from": "message" if in_message else "feed",
        "title": data["inner_title"] if in_message else outer["title"],
        "body": data["inner_body"] if in_message else outer["body"],
        "lang": data["lang"],
        "dir": data["dir"],
        "notes": list(notes_of(data)),
        "tip": data.get("tip") or None,
        # None: they are in the feed. The app looks each id up in the pack that it has stored.
        "services": None if services is None else [one for one in services.split(",") if one],
        # A rehearsal is not in the feed.
        "request": f"/v1/alerts/{number}?{query}" if data["status"] == "Actual" else None,
    }


def notes_of(data: Mapping[str, str]) -> list[str]:
    """Return what the app says beside the text."""
    found = {
        "rehearsal": data["status"] != "Actual",
        "in-another-language": bool(data["fallback"]),
        "updated": data["act"] == "update",
        "withdrawn": data["act"] == "cancel",
    }
    return [note for note, holds in found.items() if holds]


def parameters(values: Mapping[str, str]) -> str:
    """Return the query of a URL. The values are codes, which need no escaping."""
    return "&".join(f"{name}={values[name]}" for name in sorted(values))
