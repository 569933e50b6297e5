"""The console's page framework: Django views that show a template and run named actions, each with its own permissions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Page as PaginatorPage
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views import View

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
_ERROR_TITLES = {
    HTTPStatus.NOT_FOUND: "Page not found",
    HTTPStatus.FORBIDDEN: "You do not have permission",
}


@dataclass(frozen=True)
class Link:
    """A link, or plain text where `url` is empty."""

    text: str
    url: str = ""
    #: CSS class: "stop" for a link to something that cannot be undone, else "".
    tone: str = ""


class Page(View):
    """One page of the console.

    GET renders `template_name` with `context()`. POST runs the action that the pressed button names: `actions` maps each
    action to permissions of which the user needs one, and `action_<name>` carries it out: it returns the URL to go to, None
    for this page, or a response of its own for a script. A page with an empty `actions` cannot change anything
    of others.
    """

    http_method_names = ["get", "head", "post"]

    template_name: ClassVar[str]
    title: ClassVar[str] = ""
    #: Label of the menu item that is marked as current.
    menu: ClassVar[str] = ""
    #: Permissions of which one puts the menu item among the user's own; empty: it is everybody's. The others stand under "More".
    menu_permissions: ClassVar[tuple[str, ...]] = ()
    #: Permission needed to open the page; empty: open to everybody who has a role.
    permission_required: ClassVar[str] = ""
    #: Permissions of which one opens a page that has no `permission_required`; empty: open to everybody who has a role.
    reader_permissions: ClassVar[tuple[str, ...]] = ()
    #: Whether the page opens for people without a role, because it is about their own account.
    open_without_role: ClassVar[bool] = False
    #: Action (the value of the button) → permissions, of which the user needs one.
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    #: Whether the page opens in a session without a second factor; only those that set one up do.
    open_without_factor: ClassVar[bool] = False
    #: Name of an action in pages opened before an upgrade → its name now, for one version.
    earlier_actions: ClassVar[Mapping[str, str]] = {}
    #: Actions that change nothing but the user's own settings, and so need no permission.
    own_actions: ClassVar[tuple[str, ...]] = ()

    user: User
    #: The instant of the request.
    at: datetime
    #: The form data of an action that was refused, else None.
    submitted: QueryDict | None = None
    #: Why it was refused, else None.
    error: DomainError | None = None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Keep the signed-in user and the time of the request."""
        super().setup(request, *args, **kwargs)
        assert isinstance(request.user, User)
        self.user = request.user
        self.at = timezone.now()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check the page's permission and load its object before the method handler runs."""
        if (request.method or "").lower() in self.http_method_names:
            try:
                self.require_access()
                self.load()
            except (NotFound, Forbidden) as error:
                return self.render_error(error)
        return super().dispatch(request, *args, **kwargs)

    def require_access(self) -> None:
        """Raise Forbidden for a person who may not open the page."""
        if self.permission_required:
            roles.require(self.user, self.permission_required)
        elif self.reader_permissions:
            roles.require(self.user, *self.reader_permissions)
        elif not (self.open_without_role or roles.permissions_of(self.user)):
            raise Forbidden("You do not have a role yet. Ask an administrator for one.", code="role")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page."""
        return self.render()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run the submitted action, then redirect; show the page again with the submitted data where it is refused.

        An action returns the URL to go on to, None for this page, or the response itself where there is nothing to reload.
        """
        action = request.POST.get("action", "")
        action = self.earlier_actions.get(action, action)
        if action not in (*self.actions, *self.own_actions):
            return self.render_error(Invalid("This page has no such action.", code="action"))
        try:
            if action in self.actions and not self.has_any_perm(*self.actions[action]):
                roles.require(self.user, *self.actions[action])
            done = getattr(self, f"action_{action.replace('-', '_')}")(request.POST)
        except DomainError as error:
            self.submitted, self.error = request.POST, error
            messages.error(request, self.error_text(error))
            # Show what is stored, not what the refused action left in memory.
            self.load()
            return self.render(status_of(error))
        return done if isinstance(done, HttpResponse) else HttpResponseRedirect(done or request.get_full_path())

    def load(self) -> None:
        """Fetch the object that the page shows; raise NotFound where it does not exist."""

    def context(self) -> dict[str, Any]:
        """Return the page's own template context."""
        return {}

    def heading(self) -> str:
        """Return the page's title and main heading."""
        return self.title

    def breadcrumbs(self) -> Iterable[Link]:
        """Return the links from the menu to this page."""
        return ()

    def render(self, status: int = HTTPStatus.OK) -> HttpResponse:
        """Render the template. In it, `may.<action>` says whether the user may run an action."""
        context = {
            **admin.site.each_context(self.request),
            "title": self.heading(),
            "breadcrumbs": list(self.breadcrumbs()),
            "current_menu": self.menu,
            "help_url": HELP.get(match.url_name or "") if (match := self.request.resolver_match) else None,
            "page": self,
            "may": {action.replace("-", "_"): self.has_any_perm(*needed) for action, needed in self.actions.items()},
            "at": self.at,
            "submitted": self.submitted,
            "error": self.error,
        }
        return TemplateResponse(self.request, self.template_name, {**context, **self.context()}, status=status)

    def render_error(self, error: DomainError) -> HttpResponse:
        """Render the error page, with the status that fits the error."""
        status = status_of(error)
        context = {
            **admin.site.each_context(self.request),
            "title": _ERROR_TITLES.get(status, "There is a problem"),
            "detail": error.detail,
            "current_menu": self.menu,
        }
        return TemplateResponse(self.request, "core/error.html", context, status=status)

    def error_text(self, error: DomainError) -> str:
        """Return the message for a refused action."""
        return error.detail

    def has_any_perm(self, *permissions: str) -> bool:
        """Return whether the user has one of the permissions."""
        return roles.holds(self.user, *permissions)

    def success(self, sentence: str) -> None:
        """Show the sentence on the next page, as the result of an action."""
        messages.success(self.request, sentence)

    def require_unchanged(self, shown: str, *, stored: str) -> None:
        """Raise ChangedMeanwhile where `shown`, the version token in the form, is not that of the stored values."""
        if shown != stored:
            raise ChangedMeanwhile(
                "Someone else has saved changes since you opened this page. What you entered is still here: "
                "compare it with the saved version, then save again."
            )

    def paginate(self, rows: Any, size: int = 50) -> PaginatorPage[Any]:
        """Return the rows of the page number in the query string."""
        return Paginator(rows, size).get_page(self.request.GET.get("page"))


def status_of(error: DomainError) -> HTTPStatus:
    """Return the HTTP status of a domain error."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)


def version_token(values: object) -> str:
    """Return a digest of the values (JSON), for a form to send back so that a change in between is noticed."""
    return digest(canonical_json(values))


class ConsoleForm(forms.Form):
    """A form whose labels end without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


@dataclass(frozen=True)
class Route:
    """A page with its URL pattern below /console/ and its URL name."""

    pattern: str
    name: str
    page: type[Page]


#: Every page but Django's own; `page` fills it while the `console` packages are imported.
ROUTES: list[Route] = []


@dataclass(frozen=True, order=True)
class MenuItem:
    """One item of the menu."""

    order: int
    label: str
    #: URL name below "admin:".
    name: str
    #: As `Page.menu_permissions`.
    permissions: tuple[str, ...] = ()
    #: As `Page.reader_permissions`.
    readers: tuple[str, ...] = ()


#: The menu in order.
MENU: list[MenuItem] = []

#: URL name of a page → URL of the help about it; the `console` packages fill it.
HELP: dict[str, Any] = {}

P = TypeVar("P", bound=type[Page])


def page(pattern: str, name: str, *, order: int | None = None) -> Callable[[P], P]:
    """Register a page at /console/<pattern>; with an order it is in the menu, labelled with its `menu`."""

    def register(kind: P) -> P:
        ROUTES.append(Route(pattern, name, kind))
        if order is not None:
            MENU.append(MenuItem(order, kind.menu, name, kind.menu_permissions, kind.reader_permissions))
            MENU.sort()
        return kind

    return register


def menu_for(user: User) -> tuple[list[MenuItem], list[MenuItem]]:
    """Return the items of the user's own work, and the others that the user may read; none for somebody without a role."""
    permissions = roles.permissions_of(user)
    if not permissions:
        return [], []
    readable = [item for item in MENU if not item.readers or permissions.intersection(item.readers)]
    own = [item for item in readable if not item.permissions or permissions.intersection(item.permissions)]
    return own, [item for item in readable if item not in own]
