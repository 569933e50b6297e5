"""The console's admin site: Django's admin with the product's name, style sheet and pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core import credentials, tokens
from core.console import factors, pages, step_up, todo
from core.console.display import clock_text
from core.console.invitation import invitation_page
from core.console.sign_in import SignInForm, sign_in_again_page
from core.console.sign_in_view import SignInView
from core.console.strip import strip_for
from core.credentials import Credential
from core.models.user import User

V = TypeVar("V", bound=Callable[..., HttpResponseBase])

#: Where a sign-in with the OpenID Connect issuer begins (`core.console.oidc`).
OIDC_LOGIN = "/console/oidc/issuer/login/"
#: The methods of every page of the console. Some of Django's own views would take any other for one of these.
METHODS = ["GET", "HEAD", "POST"]


class ConsoleSite(AdminSite):
    """The staff console at /console/."""

    site_header = "Fingerpost console"
    site_title = "Fingerpost"
    index_title = "Today"
    site_url = None
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLResolver | URLPattern]:
        own = [path(route.pattern, self.admin_view(route.page.as_view()), name=route.name) for route in pages.ROUTES]
        return [
            *own,
            path("token/", self.admin_view(self.token_page), name="token"),
            path("invitation/<str:link>/", invitation_page, name="invitation"),
            path("login/factor/", require_http_methods(METHODS)(factors.factor_page), name="factor"),
            *super().get_urls(),
        ]

    def admin_view(self, view: V, cacheable: bool = False) -> V:
        """Wrap a view as Django does; a form that is sent without a session is carried through a new sign-in.

        A session without a second factor leads to the page that sets one up (`core.console.factors`). The clock of the person
        is the current time zone for the view and its template.
        """
        wrapped = super().admin_view(view, cacheable)
        is_open = getattr(getattr(view, "view_class", None), "open_without_factor", False)

        @wraps(wrapped)
        @require_http_methods(METHODS)
        def carrying(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            signing_out = request.path == reverse("admin:logout")
            if request.method == "POST" and not signing_out and not self.has_permission(request):
                return never_cache(sign_in_again_page)(request)
            if self.has_permission(request) and not (signing_out or is_open or factors.is_satisfied(request)):
                return HttpResponseRedirect(reverse("admin:factors"))
            with timezone.override(request.user.time_zone if isinstance(request.user, User) else UTC):
                response = wrapped(request, *args, **kwargs)
                # Django would render it after the view, outside this time zone.
                return response.render() if isinstance(response, SimpleTemplateResponse) else response

        return cast(V, carrying)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = {**super().each_context(request), "sandbox": settings.SANDBOX}
        if not self.has_permission(request):
            return {**context, "oidc_url": settings.OIDC_ISSUER and OIDC_LOGIN, "oidc_label": settings.OIDC_LABEL}
        assert isinstance(request.user, User)
        own, others = pages.menu_for(request.user)
        now = timezone.now()
        return {
            **context,
            "menu": [(item.label, reverse(f"admin:{item.name}")) for item in own],
            "more_menu": [(item.label, reverse(f"admin:{item.name}")) for item in others],
            "strip": strip_for(request.user, at=now),
            "clock": clock_text(now, request.user.time_zone),
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show what the signed-in user can act on, and what happens today."""
        assert isinstance(request.user, User)
        now = timezone.now()
        cards = todo.cards_for(request.user, at=now)
        shown = len(cards) if request.GET.get("all") == "1" else todo.MAX_SHOWN
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "current_menu": self.index_title,
            "cards": cards[:shown],
            "hidden_cards": len(cards[shown:]),
            "sections": todo.sections_for(request.user, at=now),
            "roles": [group.name for group in request.user.groups.order_by("name")],
        }
        return TemplateResponse(request, "core/index.html", context)

    @method_decorator(require_http_methods(METHODS))
    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the sign-in form, or sign in."""
        index = reverse("admin:index")
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        context = {**self.each_context(request), "title": "Sign in", "app_path": request.get_full_path(), "next": index}
        if wanted := request.GET.get("next", request.POST.get("next")):
            context["next"] = wanted
        view = SignInView.as_view(
            extra_context={**context, **(extra_context or {})}, authentication_form=SignInForm, template_name="admin/login.html"
        )
        response = view(request)
        assert isinstance(response, HttpResponse)
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Change one's own password: recorded, told by mail, and a pause of approvals."""
        with transaction.atomic():
            response = super().password_change(request, extra_context)
            if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
                assert isinstance(request.user, User)
                credentials.record_change(request.user, Credential.PASSWORD, by=request.user, at=timezone.now())
        return response

    def token_page(self, request: HttpRequest) -> HttpResponse:
        """Show the user a new token for commands on the server (POST only)."""
        assert isinstance(request.user, User)
        if request.method == "POST" and not step_up.is_fresh(request):
            # A token identifies its person, as a sign-in does.
            return step_up.confirm_page(request)
        token = tokens.issue(request.user) if request.method == "POST" else None
        context: dict[str, Any] = {**self.each_context(request), "title": "Command line token", "token": token}
        response = TemplateResponse(request, "core/token.html", {**context, "minutes": tokens.TOKEN_SECONDS // 60})
        return never_cache(lambda _request: response)(request)
