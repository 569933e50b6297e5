"""The newest phones as their owners see them: outer text on the lock screen, inner text in the app."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from fcm_emulator.check import Checked
from fcm_emulator.counts import Key
from fcm_emulator.fields import get

#: A few phones of many locales, rather than 300 of the locale that was sent last: 24 x 12 = 288.
MOST_LOCALES = 24
MOST_A_LOCALE = 12
MOST_NOTIFICATIONS = 5


@dataclass(slots=True)
class Shown:
    """One notification on one phone; a later message with its tag takes its place."""

    message: dict[str, Any]
    key: Key
    at: float
    #: How many messages with this tag the phone has taken.
    received: int


@dataclass(slots=True)
class Phone:
    """One installation that took a message."""

    kind: str
    address: str
    notifications: OrderedDict[str, Shown] = field(default_factory=OrderedDict)


class Phones:
    """The newest phones of each locale; older ones are forgotten, their counts are not."""

    def __init__(self) -> None:
        self.by_locale: OrderedDict[str, OrderedDict[tuple[str, str], Phone]] = OrderedDict()
        self._locale_of: dict[tuple[str, str], str] = {}

    def show(self, checked: Checked, *, at: float) -> None:
        """Put a message on its phone."""
        name = (checked.kind, checked.address)
        locale, key = checked.locale, checked.key
        before = self._locale_of.get(name)
        # The locale of what was shown last is the phone's: its owner may have changed the language.
        phone = self.by_locale[before].pop(name) if before is not None else Phone(*name)
        if before is not None and not self.by_locale[before]:
            del self.by_locale[before]
        earlier = phone.notifications.pop(key.tag, None)
        phone.notifications[key.tag] = Shown(checked.message, key, at, earlier.received + 1 if earlier else 1)
        if len(phone.notifications) > MOST_NOTIFICATIONS:
            phone.notifications.popitem(last=False)
        self._keep(locale, name, phone)

    def known_of(self, addresses: Container[str]) -> list[tuple[str, str]]:
        """Return (kind, address) of the phones among these that are kept."""
        return [name for name in self._locale_of if name[1] in addresses]

    def _keep(self, locale: str, name: tuple[str, str], phone: Phone) -> None:
        group = self.by_locale.setdefault(locale, OrderedDict())
        self.by_locale.move_to_end(locale)
        group[name] = phone
        self._locale_of[name] = locale
        if len(group) > MOST_A_LOCALE:
            dropped, _ = group.popitem(last=False)
            del self._locale_of[dropped]
        if len(self.by_locale) > MOST_LOCALES:
            for dropped in self.by_locale.popitem(last=False)[1]:
                del self._locale_of[dropped]

    def newest(self, locale: str | None = None, limit: int = 60) -> list[tuple[str, Phone]]:
        """Return at most `limit` (locale, phone): the newest of each locale first, then their second newest, and so on."""
        groups = [
            (name, list(reversed(group.values()))) for name, group in sorted(self.by_locale.items()) if locale in (None, name)
        ]
        turns = [(name, group[turn]) for turn in range(MOST_A_LOCALE) for name, group in groups if turn < len(group)]
        return turns[:limit]


def data_of(message: dict[str, Any]) -> dict[str, str]:
    """Return the data that the app gets, the platform's own before the common one."""
    for platform in ("android", "webpush"):
        if data := (message.get(platform) or {}).get("data"):
            return dict(data)
    return dict(message.get("data") or {})


def platform_of(message: dict[str, Any]) -> str:
    """Return the platform that a message was made for, where it says so by carrying one platform's options only."""
    named = [name for block, name in (("android", "Android"), ("apns", "iOS"), ("webpush", "Web")) if message.get(block)]
    return named[0] if len(named) == 1 else ""


def outer_of(message: dict[str, Any]) -> dict[str, str]:
    """Return {"title", "body"} as the system shows them without the app."""
    shared = message.get("notification") or {}
    android = (message.get("android") or {}).get("notification") or {}
    web = (message.get("webpush") or {}).get("notification") or {}
    aps = ((message.get("apns") or {}).get("payload") or {}).get("aps")
    alert = aps.get("alert") if isinstance(aps, dict) else None
    apple = alert if isinstance(alert, dict) else {"body": alert}
    own = android or (apple if alert else None) or web
    return {part: str(own.get(part) or shared.get(part) or "") for part in ("title", "body")}


def visibility_of(message: dict[str, Any]) -> str:
    """Return Android's lock-screen visibility; PRIVATE where nothing is said."""
    given = str(get((message.get("android") or {}).get("notification") or {}, "visibility") or "PRIVATE").upper()
    return "PRIVATE" if given == "VISIBILITY_UNSPECIFIED" else given


def inner_of(message: dict[str, Any]) -> dict[str, str]:
    """Return {"title", "body"} as the app shows them after unlocking."""
    data = data_of(message)
    return {"title": data.get("inner_title", ""), "body": data.get("inner_body", "")}


def as_dict(locale: str, phone: Phone) -> dict[str, Any]:
    """Return a phone for the JSON page."""
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
