"""The shell of the console: Django's admin with our name, our style sheet and the person's short-lived token."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.cache import never_cache

from core import tokens
from core.models.user import User


class ConsoleSite(AdminSite):
    """The staff's screens at /console/."""

    site_header = "Fingerpost console"
    site_title = "Fingerpost"
    index_title = "What to do"
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLResolver | URLPattern]:
        own = [path("token/", self.admin_view(self.token_page), name="token")]
        return [*own, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "sandbox": settings.SANDBOX}

    def token_page(self, request: HttpRequest) -> HttpResponse:
        """Show the signed-in person a token for commands on the server; made only when asked for by POST."""
        assert isinstance(request.user, User)
        token = tokens.issue(request.user) if request.method == "POST" else None
        context: dict[str, Any] = {**self.each_context(request), "title": "Token for the command line", "token": token}
        response = TemplateResponse(request, "core/token.html", {**context, "minutes": tokens.TOKEN_SECONDS // 60})
        return never_cache(lambda _request: response)(request)
