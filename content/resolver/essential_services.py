"""The services that no pack may lose: an emergency number that can be called or texted, and a crisis line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from content.resolver.types import PackedService
from content.terms import ChannelType, Role, Situation

#: Plain strings: looking up a member of an enumeration would cost more than the comparison.
_EMERGENCY: Final = Role.EMERGENCY.value
_HELPLINE: Final = Role.HELPLINE.value
_SELF_HARM_RISK: Final = Situation.SELF_HARM_RISK.value
_WORLDWIDE: Final = "ZZ"
_DIALLED: Final = frozenset({ChannelType.PHONE.value, ChannelType.SMS.value})
#: A person answers here; a page can only lead on to one.
_ANSWERED: Final = frozenset({ChannelType.PHONE.value, ChannelType.SMS.value, ChannelType.CHAT.value})


def is_crisis_line(roles: Collection[str], named_situations: Collection[str], channel_types: Iterable[str]) -> bool:
    """Return whether a service is a crisis line: a helpline with a line of its own that itself names the risk of self-harm."""
    return _HELPLINE in roles and _SELF_HARM_RISK in named_situations and not _ANSWERED.isdisjoint(channel_types)


def is_directory(roles: Collection[str], country: str, channel_types: Iterable[str]) -> bool:
    """Return whether a helpline only leads on to others: a worldwide one where nobody answers."""
    return _HELPLINE in roles and country == _WORLDWIDE and _ANSWERED.isdisjoint(channel_types)


def is_emergency_number(roles: Collection[str], channel_types: Iterable[str]) -> bool:
    """Return whether a service is an emergency service that can be called or texted."""
    return _EMERGENCY in roles and not _DIALLED.isdisjoint(channel_types)


def has_crisis_line(services: Iterable[PackedService]) -> bool:
    """Return whether one of a pack's services is a crisis line."""
    return any(
        is_crisis_line(s["roles"], s["named_situations"], (channel["type"] for channel in s["channels"])) for s in services
    )


def has_helpline(services: Iterable[PackedService]) -> bool:
    """Return whether one of a pack's services is a helpline, or a directory of them."""
    return any(_HELPLINE in service["roles"] for service in services)


def has_emergency_number(services: Iterable[PackedService]) -> bool:
    """Return whether one of a pack's services is an emergency number."""
    return any(is_emergency_number(s["roles"], (channel["type"] for channel in s["channels"])) for s in services)
