"""How a channel may be checked, and for how long a check of its kind is good: the one table."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from content.models.assurance import Method
from content.terms import ChannelType, Role

#: Days unless the table says otherwise.
USUAL_DAYS: Final = 90
#: What an app shows in its menus changes with its versions.
_DAYS: Final = {ChannelType.APP: 60}
#: The organization knows first when its own entry changes.
_CONFIRMED_DAYS: Final = 180
#: An emergency number changes by law, and is never withheld: its check only has to be renewed.
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
    """Return how such a channel may be checked, best first; nobody rings an emergency number to see whether it works."""
    fitting = _METHODS[ChannelType(type_)]
    return tuple(m for m in fitting if m != Method.RUNG) if Role.EMERGENCY in roles else fitting


def longest_days(roles: Collection[str], type_: str, method: str) -> int:
    """Return for how many days such a check is good at most."""
    if Role.EMERGENCY in roles:
        return _EMERGENCY_DAYS
    if method == Method.CONFIRMED:
        return _CONFIRMED_DAYS
    return _DAYS.get(ChannelType(type_), USUAL_DAYS)
