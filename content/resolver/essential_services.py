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
_DIALLED: Final = frozenset({ChannelType.PHONE.value, ChannelType.SMS.value})


def is_crisis_line(roles: Collection[str], named_situations: Collection[str]) -> bool:
    """Return whether a service is a crisis line: a helpline that itself names the risk of self-harm."""
    return _HELPLINE in roles and _SELF_HARM_RISK in named_situations


def is_emergency_number(roles: Collection[str], channel_types: Iterable[str]) -> bool:
    """Return whether a service is an emergency service that can be called or texted."""
    return _EMERGENCY in roles and not _DIALLED.isdisjoint(channel_types)


def has_crisis_line(services: Iterable[PackedService]) -> bool:
    """Return whether one of a pack's services is a crisis line."""
    return any(is_crisis_line(service["roles"], service["named_situations"]) for service in services)


def has_emergency_number(services: Iterable[PackedService]) -> bool:
    """Return whether one of a pack's services is an emergency number."""
    return any(is_emergency_number(s["roles"], (channel["type"] for channel in s["channels"])) for s in services)
