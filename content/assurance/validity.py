"""How a channel may be checked, and for how many days a check is valid."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from content.models.assurance import Method
from content.terms import ChannelType, Role

#: Days, unless another constant below applies.
USUAL_DAYS: Final = 90
#: The menus of an app change with its versions.
_DAYS: Final = {ChannelType.APP: 60}
#: An organization is the first to know that its contact details change.
_CONFIRMED_DAYS: Final = 180
#: An emergency number changes only by law, and is never withheld.
_EMERGENCY_DAYS: Final = 365

_METHODS: Final = {
    ChannelType.PHONE: (Method.RUNG, Method.READ, Method.CONFIRMED),
    ChannelType.SMS: (Method.RUNG, Method.READ, Method.CONFIRMED),
    ChannelType.URL: (Method.OPENED, Method.READ, Method.CONFIRMED),
    ChannelType.CHAT: (Method.OPENED, Method.READ, Method.CONFIRMED),
    ChannelType.APP: (Method.OPENED, Method.READ, Method.CONFIRMED),
    ChannelType.EMAIL: (Method.READ, Method.CONFIRMED),
}


def methods(roles: Collection[str], type_: str) -> tuple[Method, ...]:
    """Return how a channel of this type may be checked, best first. An emergency number is never called to test it."""
    fitting = _METHODS[ChannelType(type_)]
    return tuple(m for m in fitting if m != Method.RUNG) if Role.EMERGENCY in roles else fitting


def longest_days(roles: Collection[str], type_: str, method: str) -> int:
    """Return the number of days for which a check is valid at most."""
    if Role.EMERGENCY in roles:
        return _EMERGENCY_DAYS
    if method == Method.CONFIRMED:
        return _CONFIRMED_DAYS
    return _DAYS.get(ChannelType(type_), USUAL_DAYS)
