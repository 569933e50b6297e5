"""FCM's message resource: what a campaign's message looks like on each platform, as canonical JSON.

firebase-admin's message classes check the fields. The result lacks the address and the remaining time to live: the sender puts
them in at send time, and every other byte leaves as it was approved. A campaign that was submitted before a change of this module
keeps its bytes: they are stored, and its fingerprint covers them.

Every message has a text that is shown, corrections and cancellations included. A message of data alone would not be enough:
iOS "doesn't guarantee [its] delivery" (https://developer.apple.com/documentation/usernotifications/pushing-background-updates-to-your-app),
and on Android it would arrive while the app may not run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from firebase_admin import messaging

from core.canonical import canonical_json
from core.errors import Invalid

#: Bytes of a message to one installation. FCM's limit is 4,096; the address and the time to live need some of them.
MAX_MESSAGE = 3_900
#: Bytes of a message to a topic, for all platforms together. FCM's limit is 2,048, of which FCM and Apple use some themselves.
MAX_TOPIC_MESSAGE = 1_900
#: The app's notification channels on Android: without and with a sound.
QUIET_CHANNEL, AUDIBLE_CHANNEL = "updates", "urgent"


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
    #: A severe alert, or one that corrects or ends an earlier one.
    urgent: bool
    #: The phone makes a sound: see docs/adr/0033-sound-of-alerts.md.
    audible: bool

    @property
    def own_text(self) -> dict[str, str]:
        """Return title and body for the part of one platform; nothing where they stand beside the parts."""
        return {"title": self.title, "body": self.body} if self.platform else {}


def encode_message(content: MessageContent) -> str:
    """Return FCM's message resource as canonical JSON, without address and TTL; raises InvalidMessage."""
    try:
        if content.platform:
            message = messaging.Message(data=content.data, fid="A" * 22, **_PLATFORMS[content.platform](content))
        else:
            message = messaging.Message(data=content.data, topic="A", **_all_platforms(content))
        document = json.loads(str(message))
    except ValueError as error:
        raise InvalidMessage(str(error)) from error
    del document["fid" if content.platform else "topic"]
    if not content.platform and (size := len(canonical_json(document))) > MAX_TOPIC_MESSAGE:
        raise TooLargeForTopics(f"The message to topics has {size} bytes; the limit is {MAX_TOPIC_MESSAGE}.")
    body = canonical_json(document)
    if len(body) > MAX_MESSAGE:
        raise InvalidMessage(
            f"The alert is too long for FCM: a message has {len(body):,} bytes, and {MAX_MESSAGE:,} are the limit. Choose fewer "
            "services, or shorten the text in the app."
        )
    return body.decode()


def _android(content: MessageContent) -> dict[str, object]:
    """Return the part for Android.

    The fields are those of https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages#androidconfig:

    - `priority` high: "setting most of your user visible notifications to high priority will ensure they are delivered promptly";
      a normal one waits until a sleeping phone leaves Doze (.../docs/cloud-messaging/android-message-priority). Where Android
      lowers the priority of an app, Google Play services shows its notifications (`proxy`, by default "if priority lowered").
    - `channel_id`: from Android 8 on the channel decides about sound; "if the channel ID provided has not yet been created by the
      app, FCM uses the channel ID specified in the app manifest". `default_sound` does the same on Android 7.
    - `visibility` private: "conceal sensitive or private information on secure lockscreens". `local_only`: not on a watch.
    - `notification_priority` is unset: it counts on Android 7 alone, and its default shows no text over other apps.
    - `collapse_key` is unset: "Notification messages are always collapsible and will ignore the collapse_key parameter"
      (.../docs/cloud-messaging/customize-messages/collapsible-message-types). A phone that was off gets the last alert alone.
    - `direct_boot_ok`, `bandwidth_constrained_ok` and `restricted_satellite_ok` are unset: they "should only be enabled when the
      app has been tested" in these modes. Until a phone is unlocked after its start, an app cannot read which `rev` it has shown.
    - `android_v2` excludes this part and "will replace it in the v2 API"; no client library documents it yet.
    """
    notification = messaging.AndroidNotification(
        **content.own_text,
        tag=content.tag,
        channel_id=AUDIBLE_CHANNEL if content.audible else QUIET_CHANNEL,
        default_sound=True if content.audible else None,
        visibility="private",
        local_only=True,
    )
    return {"android": messaging.AndroidConfig(priority="high", notification=notification)}


def _ios(content: MessageContent) -> dict[str, object]:
    """Return the part for iOS.

    Headers: https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns

    - `apns-push-type` alert: it "must accurately reflect the contents of your notification's payload".
    - `apns-priority` 10: "send the notification immediately"; 5 takes "power considerations" into account, and may come late.
    - `apns-expiration`: the campaign's end. FCM's own default is 30 days.
    - `apns-collapse-id`: at most 64 bytes; a notification replaces an earlier one with the same value.

    Payload: https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification

    - `sound`: without it the phone is silent. Never a sound of our own, which would tell others which app it is.
    - `interruption-level`: "time-sensitive" if audible, so that a focus or a summary does not hold it back, where app and reader
      allow that; else "active", Apple's default. Never "critical", which "bypasses the mute switch".
    - `mutable-content`: the app's extension may replace the text before it is shown, also while the app does not run.
    - `content-available` is unset: it would not wake an app more reliably than the alert does.
    """
    headers = {
        "apns-collapse-id": content.tag,
        "apns-expiration": str(int(content.expires.timestamp())),
        "apns-priority": "10",
        "apns-push-type": "alert",
    }
    aps = messaging.Aps(
        alert=messaging.ApsAlert(**content.own_text) if content.own_text else None,
        sound="default" if content.audible else None,
        mutable_content=True,
        thread_id=content.tag,
        custom_data={"interruption-level": "time-sensitive" if content.audible else "active"},
    )
    return {"apns": messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps))}


def _web(content: MessageContent) -> dict[str, object]:
    """Return the part for browsers.

    Headers: https://www.rfc-editor.org/rfc/rfc8030#section-5

    - `TTL` is put in at send time. `Urgency` high is for "time-sensitive alerts", also on a low battery.
    - `Topic`: "A push message with a topic replaces any outstanding push message with an identical topic", so that a browser that
      was closed gets the newest message of the thread alone. At most 32 characters of the base64url alphabet.

    Notification: https://developer.mozilla.org/en-US/docs/Web/API/Notification/Notification. `silent` asks for no sound;
    `renotify` for a sound also where the message replaces one with the same tag.

    `fcm_options.link` is unset: Firebase's service worker ignores a link to another host than its own, which is not known here
    (https://github.com/firebase/firebase-js-sdk/blob/main/packages/messaging/src/listeners/sw-listeners.ts). The web app opens
    what `open` names.
    """
    notification = messaging.WebpushNotification(
        **content.own_text,
        tag=content.tag,
        renotify=True if content.audible else None,
        silent=None if content.audible else True,
    )
    headers = {"Topic": content.tag, "Urgency": "high" if content.urgent else "normal"}
    return {"webpush": messaging.WebpushConfig(headers=headers, notification=notification)}


def _all_platforms(content: MessageContent) -> dict[str, object]:
    """Return the parts of a message to a topic, with one text for all of them.

    FCM limits "the total size of the payload data" (https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode), and does
    not say whether a text that stands in three parts counts once. In a wide script three texts would not fit. Google's own sample
    has one text beside an `aps` without an alert (`all_platforms_message` in
    https://github.com/firebase/firebase-admin-python/blob/main/snippets/messaging/cloud_messaging.py).
    """
    common = {"notification": messaging.Notification(title=content.title, body=content.body)}
    return common | _android(content) | _ios(content) | _web(content)


_PLATFORMS: dict[str, Callable[[MessageContent], dict[str, object]]] = {"android": _android, "ios": _ios, "web": _web}
