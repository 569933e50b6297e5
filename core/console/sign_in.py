"""Sign in to the console: tries are counted before the password is hashed, and nobody can lock a person out."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core import audit, rate_limits
from core.audit_verbs import Verb
from core.console import failed_sign_ins, kept_forms
from core.console.failed_sign_ins import FailedBecause
from core.models import User
from core.rate_limits import Network

log = logging.getLogger(__name__)

#: Tries within WINDOW seconds: of one network for any account; for one account from browsers that it has not used before;
#: and for one account from a browser that it has used.
NETWORK_TRIES, ACCOUNT_TRIES, KNOWN_BROWSER_TRIES, WINDOW = 50, 20, 20, 300
#: Days for which a browser counts as used by an account.
KNOWN_DAYS = 180
#: Session key: Unix time of the last sign-in or confirmation (`core.console.step_up`).
SIGNED_IN_AT = "signed_in_at"
_COOKIE, _SALT = "fingerpost_browser", "core.console.sign_in"


class TooManyTries(ValidationError):
    """Too many tries for this account or from this network."""

    def __init__(self) -> None:
        super().__init__(
            f"There were too many tries to sign in. Wait {WINDOW // 60} minutes, then try again. A browser that you have signed"
            " in with before is not affected by the tries of others.",
            code="too-many-tries",
        )


class SignInForm(AdminAuthenticationForm):
    """Name and password. A try over a limit is refused before the password is looked at."""

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if name and self.request is not None and not may_try(self.request, str(name)):
            raise TooManyTries()
        return super().clean()


def sign_in_again_page(request: HttpRequest) -> HttpResponse:
    """Return the sign-in form for a person who has sent a form without being signed in; it carries what they sent."""
    context = {
        **admin.site.each_context(request),
        "title": "Sign in",
        "app_path": reverse("admin:login"),
        "next": request.get_full_path(),
        "form": SignInForm(request),
        "kept": kept_forms.sent_fields(request),
    }
    return TemplateResponse(request, "admin/login.html", context, status=HTTPStatus.FORBIDDEN)


def signed_in(request: HttpRequest, user: User, url: str) -> HttpResponse:
    """Return the answer to a complete sign-in, which is recorded and makes its browser known to the account.

    A form that was sent without a session is carried through the sign-in (`core.console.kept_forms`).
    """
    response: HttpResponse = HttpResponseRedirect(url)
    if (fields := kept_forms.carried_fields(request.POST)) and url.startswith("/console/"):
        response = kept_forms.send_again_page(
            request,
            url=url,
            fields=fields,
            title="You are signed in again",
            detail="What you sent while you were signed out has not been saved yet. Look at it, then send it again.",
            context=admin.site.each_context(request),
        )
    remember(request)
    audit.record(by=user, verb=Verb.SIGNED_IN, row=user, at=timezone.now())
    response.set_cookie(
        _COOKIE,
        signing.dumps(_digest(user.get_username()), salt=_SALT),
        max_age=KNOWN_DAYS * 86_400,
        path="/console/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def remember(request: HttpRequest) -> None:
    """Keep in the session that the person has just signed in."""
    request.session[SIGNED_IN_AT] = time.time()


def record_failure(user: User, because: FailedBecause) -> None:
    """Record that somebody did not succeed in signing in as this person."""
    failed_sign_ins.count(because)
    audit.record(by=User.objects.system(), verb=Verb.SIGN_IN_FAILED, row=user, at=timezone.now())


def may_try(request: HttpRequest, name: str) -> bool:
    """Count one try to sign in as `name`, and return whether it is within the limits.

    An attacker who tries passwords from many networks uses up the account's own limit, but not that of the browsers that the
    person has signed in with (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
    """
    networks = rate_limits.client_networks(request)
    browser = request.COOKIES.get(_COOKIE, "")
    if _is_known(browser, name):
        account, tries = Network(f"{name}|{browser}", 1), KNOWN_BROWSER_TRIES
    else:
        account, tries = Network(name, 1), ACCOUNT_TRIES
    try:
        of_network = rate_limits.count("sign-in", networks, limit=NETWORK_TRIES, seconds=WINDOW)
        # A network over its limit does not use up the tries of the account.
        allowed = of_network.allowed and rate_limits.count("sign-in-account", [account], limit=tries, seconds=WINDOW).allowed
    except Exception:
        # Staff must be able to stop an alert while the cache is down.
        log.warning("The limit on tries to sign in does not hold: the cache is unavailable.")
        return True
    if not allowed:
        failed_sign_ins.count(FailedBecause.TOO_MANY)
    return allowed


def _digest(name: str) -> str:
    # The name itself is nobody's business on a shared computer.
    return salted_hmac(_SALT, name).hexdigest()


def _is_known(browser: str, name: str) -> bool:
    try:
        return bool(signing.loads(browser, salt=_SALT, max_age=KNOWN_DAYS * 86_400) == _digest(name))
    except signing.BadSignature:
        return False
