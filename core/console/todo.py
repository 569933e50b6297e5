"""The cards on the console's first page: what the signed-in user can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from core.console.pages import Link
from core.models.user import User


@dataclass(frozen=True)
class TodoCard:
    """One thing for the user to act on."""

    title: str
    text: str
    url: str
    #: Text of the link to `url`.
    link: str
    number: int | None = None
    #: Colour of the card: "wait", "bad", "good" or "".
    tone: str = ""
    more: tuple[Link, ...] = ()


#: Functions that return a user's cards, most urgent first: (order, function).
PROVIDERS: list[tuple[int, Callable[[User, datetime], Iterable[TodoCard]]]] = []

F = TypeVar("F", bound=Callable[[User, datetime], Iterable[TodoCard]])


def todo_cards(order: int) -> Callable[[F], F]:
    """Register a function of (user, instant) that returns cards for the first page."""

    def register(provider: F) -> F:
        PROVIDERS.append((order, provider))
        PROVIDERS.sort(key=lambda entry: entry[0])
        return provider

    return register


def cards_for(user: User, *, at: datetime) -> list[TodoCard]:
    """Return all of a user's cards, most urgent first."""
    return [card for _, provider in PROVIDERS for card in provider(user, at)]
