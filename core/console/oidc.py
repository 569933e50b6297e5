"""Sign in with an OpenID Connect issuer (django-allauth), off by default (settings.OIDC_ISSUER).

Nobody gets an account by it: the issuer's verified e-mail address must be the one that two administrators gave an account. No
link to the issuer is stored, so that the address of the account stays the only thing that decides. The issuer's word counts as a
second factor only where its token names one of the methods in settings.OIDC_FACTORS (`amr`, RFC 8176, or `acr`); otherwise the
person uses their own factor as after a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.console import sign_in
from core.models.user import User

#: The issuer's name in URLs.
PROVIDER = "issuer"
#: django-allauth's name of this kind of issuer.
KIND = "openid_connect"
#: Type of the session's record of a factor that the issuer has checked.
BY_ISSUER = "issuer"


class OidcAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """What django-allauth does with the answer of the issuer."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        """Return the issuer of the settings alone: django-allauth would take others from its table."""
        if not settings.OIDC_ISSUER or provider not in (None, KIND, PROVIDER):
            return []
        return [
            SocialApp(
                provider=KIND,
                provider_id=PROVIDER,
                name=settings.OIDC_LABEL,
                client_id=settings.OIDC_CLIENT_ID,
                secret=settings.OIDC_CLIENT_SECRET,
                # What is needed is in the ID token.
                settings={"server_url": settings.OIDC_ISSUER, "fetch_userinfo": False},
            )
        ]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Sign the person in whose account has the verified address, on the console's own way."""
        claims = sociallogin.account.extra_data.get("id_token") or {}
        url = sociallogin.get_redirect_url(request) or reverse("admin:index")
        person = person_of(claims)
        if person is None:
            _refuse(request, "There is no open account with the e-mail address that the sign-in service has confirmed.")
        # What an earlier session in this browser had passed does not count for this one.
        logout(request)
        record_authentication(request, person, "socialaccount", provider=PROVIDER)
        if names_factor(claims):
            record_authentication(request, person, "mfa", type=BY_ISSUER)
        raise ImmediateHttpResponse(perform_login(request, Login(user=person, redirect_url=url)))

    def on_authentication_error(self, request: HttpRequest, provider: Any, **details: Any) -> NoReturn:
        """Show the sign-in form with a sentence; what the issuer said may hold personal data and is not shown or logged."""
        _refuse(request, "The sign-in service did not confirm who you are. Try again, or sign in with your password.")


def person_of(claims: Mapping[str, Any]) -> User | None:
    """Return the one open account with the verified address of an ID token; None for no or several accounts."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or not email:
        return None
    found = list(User.objects.filter(email__iexact=email, is_active=True, is_staff=True)[:2])
    return found[0] if len(found) == 1 else None


def names_factor(claims: Mapping[str, Any]) -> bool:
    """Return whether the ID token says that the issuer has checked a second factor, in a way that the settings accept."""
    methods = claims.get("amr") or []
    named = {*methods} if isinstance(methods, list) else {methods}
    return bool({str(name) for name in (*named, claims.get("acr"))} & set(settings.OIDC_FACTORS))


@never_cache
@require_safe
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the issuer."""
    _require_on()
    try:
        response: HttpResponse = views.login(request, provider_id)
    except OSError:
        # The errors of requests, with which django-allauth asks the issuer.
        return _refusal(request, "The sign-in service cannot be reached. Try again, or sign in with your password.")
    return response


@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the issuer's answer."""
    _require_on()
    response: HttpResponse = views.callback(request, provider_id)
    return response


def _require_on() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _refuse(request: HttpRequest, sentence: str) -> NoReturn:
    raise ImmediateHttpResponse(_refusal(request, sentence))


def _refusal(request: HttpRequest, sentence: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Sign in",
        "app_path": reverse("admin:login"),
        "next": reverse("admin:index"),
        "form": sign_in.SignInForm(request),
        "refusal": sentence,
    }
    return TemplateResponse(request, "admin/login.html", context, status=HTTPStatus.FORBIDDEN).render()
