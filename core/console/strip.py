"""The strip below the menu of every page: what is being sent, what starts next, and the way to stop everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core import roles
from core.models.user import User


@dataclass(frozen=True)
class StripItem:
    """One thing that is being sent, or that starts next."""

    title: str
    text: str
    url: str
    #: Share that is done, 0 to 100; None where nothing can be said.
    percent: int | None = None
    #: "good", "wait", "bad" or "".
    tone: str = ""


@dataclass(frozen=True)
class Strip:
    """What the strip shows."""

    #: Why all sending is stopped; "" where it is not.
    alarm: str = ""
    #: Where the alarm is explained, and can be ended by those who may.
    alarm_url: str = ""
    #: Since when no worker sends, and what to do; "" while one does.
    nobody: str = ""
    items: tuple[StripItem, ...] = ()
    next_start: StripItem | None = None
    #: The page that stops all sending; "" for people who may not, and while everything is stopped.
    stop_url: str = ""


Provider = Callable[[User, datetime], Strip | None]
_PROVIDERS: list[Provider] = []


def strip_provider(provider: Provider) -> Provider:
    """Register the function of (user, instant) that fills the strip, None for people who may not see it; the product has one."""
    _PROVIDERS[:] = [provider]
    return provider


def strip_for(user: User, *, at: datetime) -> Strip | None:
    """Return the strip for a user; None for somebody without a role, who may not know of alerts before they start."""
    return _PROVIDERS[0](user, at) if _PROVIDERS and roles.permissions_of(user) else None
