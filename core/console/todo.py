"""What the console's first page, Today, is made of: cards for what the user can act on, and sections for what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from core import roles
from core.console.display import StatusTag
from core.console.pages import Link
from core.models.user import User

#: Cards and rows that Today shows of each kind before a link leads to the others.
MAX_SHOWN = 7
_NO_DEADLINE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class TodoButton:
    """A button of a card: it sends the name of an action to a page."""

    text: str
    url: str
    #: One of the page's `actions`.
    action: str


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
    #: A button that acts at once; None for none.
    button: TodoButton | None = None
    #: When it is too late; cards with a deadline come first, the nearest one before the others.
    deadline: datetime | None = None


@dataclass(frozen=True)
class TodayRow:
    """One line of a section."""

    title: str
    text: str
    url: str
    tag: StatusTag | None = None
    #: Heading under which this row stands with its neighbours, such as a day; "" for none.
    group: str = ""
    #: Share that is done, 0 to 100.
    percent: int | None = None
    more: tuple[Link, ...] = ()


@dataclass(frozen=True)
class TodaySection:
    """A part of Today; at most MAX_SHOWN of its rows are shown."""

    #: Anchor on the page.
    name: str
    title: str
    rows: tuple[TodayRow, ...]
    #: Shown instead of rows when there are none.
    empty: str
    #: Where the other rows are.
    more: Link
    #: What the user can do here; None for nothing.
    act: Link | None = None

    @property
    def shown(self) -> tuple[TodayRow, ...]:
        """The rows that the page shows."""
        return self.rows[:MAX_SHOWN]

    @property
    def hidden(self) -> int:
        """How many rows the page does not show."""
        return max(0, len(self.rows) - MAX_SHOWN)


CardProvider = Callable[[User, datetime], Iterable[TodoCard]]
SectionProvider = Callable[[User, datetime], Iterable[TodaySection]]
#: Functions that return a user's cards, most urgent first: (order, function).
PROVIDERS: list[tuple[int, CardProvider]] = []
#: Functions that return the sections below the cards.
SECTIONS: list[tuple[int, SectionProvider]] = []

F = TypeVar("F", bound=CardProvider)
S = TypeVar("S", bound=SectionProvider)


def todo_cards(order: int) -> Callable[[F], F]:
    """Register a function of (user, instant) that returns cards for the first page."""

    def register(provider: F) -> F:
        PROVIDERS.append((order, provider))
        PROVIDERS.sort(key=lambda entry: entry[0])
        return provider

    return register


def today_sections(order: int) -> Callable[[S], S]:
    """Register a function of (user, instant) that returns sections for the first page."""

    def register(provider: S) -> S:
        SECTIONS.append((order, provider))
        SECTIONS.sort(key=lambda entry: entry[0])
        return provider

    return register


def cards_for(user: User, *, at: datetime) -> list[TodoCard]:
    """Return all of a user's cards: by deadline, then most urgent first. Somebody without a role has none."""
    if not roles.permissions_of(user):
        return []
    cards = [card for _, provider in PROVIDERS for card in provider(user, at)]
    return sorted(cards, key=lambda card: card.deadline or _NO_DEADLINE)


def sections_for(user: User, *, at: datetime) -> list[TodaySection]:
    """Return the sections of a user's first page. Somebody without a role sees none: they may show drafts."""
    if not roles.permissions_of(user):
        return []
    return [section for _, provider in SECTIONS for section in provider(user, at)]
