"""FCM's message resource: what a campaign's message looks like on each platform, as canonical JSON.

firebase-admin's message classes check the fields. The result lacks the address and the remaining time to live: the sender puts
them in at send time, and every other byte leaves as it was approved.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from firebase_admin import messaging

from core.canonical import canonical_json
from core.errors import Invalid

#: Bytes of a message to one installation. FCM's limit is 4,096; the address and the time to live need some of them.
MAX_MESSAGE = 3_900
#: Bytes that one platform receives of a message to a topic. FCM's limit is 2,048, of which FCM and Apple use some themselves.
MAX_TOPIC_MESSAGE = 1_900


class InvalidMessage(Invalid):
    """FCM would refuse this message."""

    code = "message"


class TooLargeForTopics(InvalidMessage):
    """FCM would refuse this message to a topic, because it is too large."""


@dataclass(frozen=True, kw_only=True)
class MessageContent:
    """The content of one message, independent of FCM's form."""

    #: "" for a message to topics, which serves all platforms.
    platform: str
    data: dict[str, str]
    title: str
    body: str
    #: A notification replaces an earlier one with the same tag on the device.
    tag: str
    expires: datetime
    urgent: bool


def encode_message(content: MessageContent) -> str:
    """Return FCM's message resource as canonical JSON, without address and TTL; raises InvalidMessage."""
    try:
        if content.platform:
            message = messaging.Message(data=content.data, fid="A" * 22, **_PLATFORMS[content.platform](content))
        else:
            message = messaging.Message(data=content.data, topic="A", **_android(content), **_ios(content), **_web(content))
        document = json.loads(str(message))
    except ValueError as error:
        raise InvalidMessage(str(error)) from error
    del document["fid" if content.platform else "topic"]
    if not content.platform:
        _check_topic_size(document)
    body = canonical_json(document)
    if len(body) > MAX_MESSAGE:
        raise InvalidMessage(f"The message has {len(body)} bytes; the limit is {MAX_MESSAGE}.")
    return body.decode()


def _android(content: MessageContent) -> dict[str, object]:
    notification = messaging.AndroidNotification(
        title=content.title, body=content.body, tag=content.tag, channel_id="updates", visibility="private", local_only=True
    )
    return {"android": messaging.AndroidConfig(priority="high" if content.urgent else "normal", notification=notification)}


def _ios(content: MessageContent) -> dict[str, object]:
    headers = {
        "apns-collapse-id": content.tag,
        "apns-expiration": str(int(content.expires.timestamp())),
        "apns-priority": "10" if content.urgent else "5",
        "apns-push-type": "alert",
    }
    alert = messaging.ApsAlert(title=content.title, body=content.body)
    aps = messaging.Aps(alert=alert, mutable_content=True, thread_id=content.tag)
    return {"apns": messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps))}


def _web(content: MessageContent) -> dict[str, object]:
    notification = messaging.WebpushNotification(title=content.title, body=content.body, tag=content.tag)
    headers = {"Urgency": "high" if content.urgent else "normal"}
    return {"webpush": messaging.WebpushConfig(headers=headers, notification=notification)}


def _check_topic_size(document: dict[str, Any]) -> None:
    """Raise TooLargeForTopics when one platform would receive too much: each receives the data and its own part alone."""
    size = max(len(canonical_json({"data": document["data"], part: document[part]})) for part in ("android", "apns", "webpush"))
    if size > MAX_TOPIC_MESSAGE:
        raise TooLargeForTopics(f"The message to topics has {size} bytes; the limit is {MAX_TOPIC_MESSAGE}.")


_PLATFORMS: dict[str, Callable[[MessageContent], dict[str, object]]] = {"android": _android, "ios": _ios, "web": _web}
