"""The most recent phones as their owners see them: outer text on the lock screen, inner text in the app."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from fcm_emulator.counts import AlertKey
from fcm_emulator.fields import field_of
from fcm_emulator.validation import ValidMessage

#: A few phones of many locales, rather than hundreds of the locale that was sent last.
MAX_LOCALES = 24
MAX_PER_LOCALE = 12
MAX_NOTIFICATIONS = 5


@dataclass(slots=True)
class ShownNotification:
    """A notification on a phone. A later message with the same tag replaces it; `at` is in seconds since 1970."""

    message: dict[str, Any]
    key: AlertKey
    at: float
    #: How many messages with this tag the phone has received.
    received: int


@dataclass(slots=True)
class EmulatedPhone:
    """An installation that a message was accepted for."""

    kind: str
    address: str
    notifications: OrderedDict[str, ShownNotification] = field(default_factory=OrderedDict)


class Phones:
    """The most recent phones of each locale. Older ones are dropped, but not their counts."""

    def __init__(self) -> None:
        self.by_locale: OrderedDict[str, OrderedDict[tuple[str, str], EmulatedPhone]] = OrderedDict()
        self._locale_of: dict[tuple[str, str], str] = {}

    def show(self, valid: ValidMessage, *, at: float) -> None:
        """Show a message on its phone."""
        name = (valid.kind, valid.address)
        locale, key = valid.locale, valid.key
        before = self._locale_of.get(name)
        # A phone has the locale of its last message, because its owner may have changed the language.
        phone = self.by_locale[before].pop(name) if before is not None else EmulatedPhone(*name)
        if before is not None and not self.by_locale[before]:
            del self.by_locale[before]
        earlier = phone.notifications.pop(key.tag, None)
        phone.notifications[key.tag] = ShownNotification(valid.message, key, at, earlier.received + 1 if earlier else 1)
        if len(phone.notifications) > MAX_NOTIFICATIONS:
            phone.notifications.popitem(last=False)
        self._keep(locale, name, phone)

    def known_of(self, addresses: Container[str]) -> list[tuple[str, str]]:
        """Return (kind, address) of those phones among these addresses that are kept here."""
        return [name for name in self._locale_of if name[1] in addresses]

    def _keep(self, locale: str, name: tuple[str, str], phone: EmulatedPhone) -> None:
        group = self.by_locale.setdefault(locale, OrderedDict())
        self.by_locale.move_to_end(locale)
        group[name] = phone
        self._locale_of[name] = locale
        if len(group) > MAX_PER_LOCALE:
            dropped, _ = group.popitem(last=False)
            del self._locale_of[dropped]
        if len(self.by_locale) > MAX_LOCALES:
            for dropped in self.by_locale.popitem(last=False)[1]:
                del self._locale_of[dropped]

    def newest(self, locale: str | None = None, limit: int = 60) -> list[tuple[str, EmulatedPhone]]:
        """Return up to `limit` pairs of locale and phone: first the most recent of each locale, then the next ones."""
        groups = [
            (name, list(reversed(group.values()))) for name, group in sorted(self.by_locale.items()) if locale in (None, name)
        ]
        ordered = [(name, group[place]) for place in range(MAX_PER_LOCALE) for name, group in groups if place < len(group)]
        return ordered[:limit]


def data_of(message: dict[str, Any]) -> dict[str, str]:
    """Return the data for the app: that of the platform if there is any, else the common data."""
    for platform in ("android", "webpush"):
        if data := (message.get(platform) or {}).get("data"):
            return dict(data)
    return dict(message.get("data") or {})


def platform_of(message: dict[str, Any]) -> str:
    """Return the platform of a message that has options for one platform only, else an empty string."""
    named = [name for block, name in (("android", "Android"), ("apns", "iOS"), ("webpush", "Web")) if message.get(block)]
    return named[0] if len(named) == 1 else ""


def outer_of(message: dict[str, Any]) -> dict[str, str]:
    """Return title and body as the system shows them outside the app."""
    shared = message.get("notification") or {}
    android = (message.get("android") or {}).get("notification") or {}
    web = (message.get("webpush") or {}).get("notification") or {}
    aps = ((message.get("apns") or {}).get("payload") or {}).get("aps")
    alert = aps.get("alert") if isinstance(aps, dict) else None
    apple = alert if isinstance(alert, dict) else {"body": alert}
    own = android or (apple if alert else None) or web
    return {part: str(own.get(part) or shared.get(part) or "") for part in ("title", "body")}


def visibility_of(message: dict[str, Any]) -> str:
    """Return the notification's visibility on Android's lock screen; PRIVATE is the default."""
    given = str(field_of((message.get("android") or {}).get("notification") or {}, "visibility") or "PRIVATE").upper()
    return "PRIVATE" if given == "VISIBILITY_UNSPECIFIED" else given


def inner_of(message: dict[str, Any]) -> dict[str, str]:
    """Return title and body as the app shows them."""
    data = data_of(message)
    return {"title": data.get("inner_title", ""), "body": data.get("inner_body", "")}


def as_dict(locale: str, phone: EmulatedPhone) -> dict[str, Any]:
    """Return a phone as GET /emulator/phones shows it."""
    return {
        "kind": phone.kind,
        "address": phone.address,
        "locale": locale,
        "notifications": [
            {
                **shown.key._asdict(),
                "platform": platform_of(shown.message),
                "visibility": visibility_of(shown.message),
                "outer": outer_of(shown.message),
                "inner": inner_of(shown.message),
                "data": data_of(shown.message),
                "received": shown.received,
                "at": shown.at,
            }
            for shown in reversed(phone.notifications.values())
        ],
    }
