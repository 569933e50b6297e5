"""What every page of the console is made of: it shows itself, and carries out named acts that each take a permission."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import messages
from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone

from core import roles
from core.canonical import canonical_json, digest
from core.errors import ChangedMeanwhile, Conflict, DomainError, Forbidden, Gone, Invalid, NotFound, Unavailable
from core.models.user import User

_STATUS: dict[type[DomainError], HTTPStatus] = {
    Invalid: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Forbidden: HTTPStatus.FORBIDDEN,
    Gone: HTTPStatus.GONE,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere; without an address they are where one is."""

    words: str
    url: str = ""
    #: "stop" for what ends something.
    tone: str = ""


@dataclass(frozen=True)
class Card:
    """One thing on the first page that waits for the person who is signed in."""

    title: str
    text: str
    url: str
    link: str
    number: int | None = None
    #: "wait", "bad", "good" or "": how it is coloured.
    tone: str = ""
    #: Further ways on, such as the button that stops a campaign.
    more: tuple[Link, ...] = ()


class Page:
    """One page: a new object for each request. Without an entry in `acts` nothing can be done on it."""

    template: ClassVar[str]
    title: ClassVar[str] = ""
    #: Label in the menu that the page belongs under.
    menu: ClassVar[str] = ""
    #: Permission that it takes even to look; empty: every member of staff.
    needs: ClassVar[str] = ""
    #: Act (the value of the button pressed) to the permissions of which it takes one; `act_<name>` carries it out.
    acts: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(self, request: HttpRequest, site_context: dict[str, Any], **where: Any) -> None:
        assert isinstance(request.user, User)
        self.request = request
        self.person: User = request.user
        self.at: datetime = timezone.now()
        self.where = where
        #: What was typed and refused; empty while nothing was.
        self.typed: QueryDict | None = None
        #: What the domain said of it.
        self.refusal: DomainError | None = None
        self._site_context = site_context

    def load(self) -> None:
        """Read what the page is about; NotFound is shown as the usual page for it."""

    def context(self) -> dict[str, Any]:
        """Return what the template shows."""
        return {}

    def heading(self) -> str:
        """Return the title of this very page."""
        return self.title

    def trail(self) -> Iterable[Link]:
        """Return the links between the first page and this one."""
        return ()

    def may(self, *permissions: str) -> bool:
        """Tell whether the person holds one of the permissions."""
        return any(self.person.has_perm(permission) for permission in permissions)

    def done(self, sentence: str) -> None:
        """Say on the next page that it worked."""
        messages.success(self.request, sentence)

    def respond(self) -> HttpResponse:
        """Show the page, or carry out the act that was asked for and go on."""
        if self.request.method not in ("GET", "HEAD", "POST"):
            return HttpResponse(status=HTTPStatus.METHOD_NOT_ALLOWED)
        try:
            if self.needs:
                roles.require(self.person, self.needs)
            self.load()
        except (NotFound, Forbidden) as error:
            return self._refused(error)
        return self._act() if self.request.method == "POST" else self.show()

    def show(self, status: int = HTTPStatus.OK) -> HttpResponse:
        """Return the page itself."""
        may = {act.replace("-", "_"): self.may(*permissions) for act, permissions in self.acts.items()}
        context = {
            **self._site_context,
            "title": self.heading(),
            "trail": list(self.trail()),
            "under": self.menu,
            "page": self,
            "may": may,
            "at": self.at,
            "typed": self.typed,
            "refusal": self.refusal,
        }
        return TemplateResponse(self.request, self.template, {**context, **self.context()}, status=status)

    def unless_stale(self, shown: str, *, now: str) -> None:
        """Raise ChangedMeanwhile where what the page showed (see `mark`) is not what is stored now."""
        if shown != now:
            raise ChangedMeanwhile(
                "Somebody else saved this in the meantime. What you typed is kept here; check the saved version before you save."
            )

    def slice(self, rows: Any, size: int = 50) -> Slice[Any]:
        """Return the part of many rows that the address asks for."""
        return Paginator(rows, size).get_page(self.request.GET.get("page"))

    def _act(self) -> HttpResponse:
        act = self.request.POST.get("act", "")
        if act not in self.acts:
            return self._refused(Invalid("This page has no such button.", code="act"))
        try:
            if not self.may(*self.acts[act]):
                roles.require(self.person, self.acts[act][0])
            where = getattr(self, f"act_{act.replace('-', '_')}")(self.request.POST)
        except DomainError as error:
            self.typed, self.refusal = self.request.POST, error
            messages.error(self.request, error.detail)
            # What is shown beside the typed text is what is stored, not what a refused act left in memory.
            self.load()
            return self.show(status_of(error))
        return HttpResponseRedirect(where or self.request.get_full_path())

    def _refused(self, error: DomainError) -> HttpResponse:
        context = {**self._site_context, "title": "Not possible", "sentence": error.detail, "under": self.menu}
        return TemplateResponse(self.request, "core/refused.html", context, status=status_of(error))


def status_of(error: DomainError) -> HTTPStatus:
    """Return the HTTP status that says the same as the error."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)


def mark(values: object) -> str:
    """Return what tells these values (JSON) from any others, for a form to carry along."""
    return digest(canonical_json(values))


class ConsoleForm(forms.Form):
    """A form of the console: its labels are names, not the beginnings of sentences."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


@dataclass(frozen=True)
class Place:
    """A page with its route and name."""

    route: str
    name: str
    page: type[Page]


#: Every page outside Django's own; filled by `page` while the admin packages are imported.
PLACES: list[Place] = []
#: Functions that return what waits for a person, in the order of the first page.
WAITING: list[tuple[int, Callable[[User, datetime], Iterable[Card]]]] = []
#: Label and route name of the menu, in order.
MENU: list[tuple[int, str, str]] = []

P = TypeVar("P", bound=type[Page])
W = TypeVar("W", bound=Callable[[User, datetime], Iterable[Card]])


def page(route: str, name: str, *, order: int | None = None) -> Callable[[P], P]:
    """Put a page at /console/<route>; with an order it stands in the menu under its `menu` label."""

    def register(kind: P) -> P:
        PLACES.append(Place(route, name, kind))
        if order is not None:
            MENU.append((order, kind.menu, name))
            MENU.sort()
        return kind

    return register


def waiting(order: int) -> Callable[[W], W]:
    """Register a function that returns what waits for a person on the first page."""

    def register(provider: W) -> W:
        WAITING.append((order, provider))
        WAITING.sort(key=lambda entry: entry[0])
        return provider

    return register


def cards_for(person: User, *, at: datetime) -> list[Card]:
    """Return all that waits for the person, most urgent first."""
    return [card for _, provider in WAITING for card in provider(person, at)]
