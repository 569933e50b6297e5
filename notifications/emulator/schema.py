"""The fields of a send request, as in FCM's discovery document of October 2026."""

from __future__ import annotations

from notifications.emulator.fields import (
    Reader,
    anything,
    duration,
    flag,
    many,
    number,
    one_of,
    record,
    text,
    texts,
    timestamp,
    whole,
)

_label = record({"analytics_label": text})
_light = record(
    {
        "color": record({"red": number, "green": number, "blue": number, "alpha": number}),
        "light_on_duration": duration,
        "light_off_duration": duration,
    }
)

#: What both generations of Android's notification share.
_ANDROID_NOTIFICATION: dict[str, Reader] = {
    "title": text,
    "body": text,
    "icon": text,
    "color": text,
    "sound": text,
    "tag": text,
    "click_action": text,
    "body_loc_key": text,
    "body_loc_args": many(text),
    "title_loc_key": text,
    "title_loc_args": many(text),
    "channel_id": text,
    "ticker": text,
    "sticky": flag,
    "event_time": timestamp,
    "local_only": flag,
    "notification_priority": one_of(
        "AndroidNotification.NotificationPriority",
        "PRIORITY_UNSPECIFIED", "PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX",
    ),
    "default_sound": flag,
    "default_vibrate_timings": flag,
    "default_light_settings": flag,
    "vibrate_timings": many(duration),
    "visibility": one_of("AndroidNotification.Visibility", "VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"),
    "notification_count": whole,
    "light_settings": _light,
    "image": text,
}  # fmt: skip
#: What both generations of Android's options share.
_ANDROID: dict[str, Reader] = {
    "collapse_key": text,
    "restricted_package_name": text,
    "ttl": duration,
    "data": texts,
    "fcm_options": _label,
    "direct_boot_ok": flag,
    "bandwidth_constrained_ok": flag,
    "restricted_satellite_ok": flag,
}

message = record(
    {
        "name": text,
        "data": texts,
        "notification": record({"title": text, "body": text, "image": text}),
        "android": record(
            _ANDROID
            | {
                "priority": one_of("AndroidConfig.AndroidMessagePriority", "NORMAL", "HIGH"),
                "notification": record(
                    _ANDROID_NOTIFICATION
                    | {
                        "bypass_proxy_notification": flag,
                        "proxy": one_of("AndroidNotification.Proxy", "PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"),
                    }
                ),
            }
        ),
        "android_v2": record(
            _ANDROID
            | {
                "remote_notification": record(
                    {
                        "notification": record(_ANDROID_NOTIFICATION | {"id": whole}),
                        "mutable_content": flag,
                        "use_as_v1_data_message": flag,
                    }
                ),
                "background_sync": record({}),
            }
        ),
        "webpush": record(
            {
                "headers": texts,
                "data": texts,
                "notification": anything,
                "fcm_options": record({"link": text, "analytics_label": text}),
            }
        ),
        "apns": record(
            {
                "headers": texts,
                "payload": anything,
                "fcm_options": record({"analytics_label": text, "image": text}),
                "live_activity_token": text,
            }
        ),
        "fcm_options": _label,
        "token": text,
        "fid": text,
        "topic": text,
        "condition": text,
    }
)

request = record({"validate_only": flag, "message": message})
