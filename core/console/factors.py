"""Second factors (django-allauth): authenticator app, passkeys, recovery codes, and the step of a sign-in that needs one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import segno
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.stages import LoginStageController
from allauth.core import context as allauth_context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from redis import RedisError

from core.console import kept_forms, sign_in
from core.console.failed_sign_ins import FailedBecause
from core.models.user import User

log = logging.getLogger(__name__)

#: django-allauth's name of the step of a sign-in that asks for a factor.
STAGE = "mfa_authenticate"
#: The factors that can stand alone; recovery codes exist beside one of them.
MAIN = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_factor(user: User) -> bool:
    """Return whether the person has set up an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=MAIN).exists())


def is_satisfied(request: HttpRequest) -> bool:
    """Return whether this session was opened with a second factor, or needs none."""
    if not settings.FACTOR_REQUIRED:
        return True
    assert isinstance(request.user, User)
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """A code of the authenticator app, or a recovery code. A try over a limit is refused before the code is looked at."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        field = self.fields["code"]
        field.label, field.help_text = "Code", "Six digits from your authenticator app, or one of your recovery codes."
        field.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}

    def clean_code(self) -> str:
        if not sign_in.may_try(allauth_context.request, self.user.get_username()):
            raise sign_in.TooManyTries()
        try:
            return str(super().clean_code())
        except ValidationError:
            sign_in.record_failure(self.user, FailedBecause.SECOND_FACTOR)
            raise ValidationError("The code is wrong or was used before. Wait for the next one.", code="code") from None
        except (RedisError, OSError):
            # Staff must be able to stop an alert while the cache, which remembers used codes, is down.
            log.warning("Used codes are not remembered: the cache is unavailable.")
            return self._code_without_cache(self.cleaned_data["code"])

    def _code_without_cache(self, code: str) -> str:
        app = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).first()
        if app is None or not validate_totp_code(decrypt(app.data["secret"]), code):
            sign_in.record_failure(self.user, FailedBecause.SECOND_FACTOR)
            raise ValidationError("The code is wrong.", code="code")
        self.authenticator = app
        return code


class PasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The answer of a passkey to the challenge that `form_context` has made."""

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except ValidationError:
            sign_in.record_failure(self.user, FailedBecause.SECOND_FACTOR)
            raise
        except (AttributeError, KeyError, TypeError, ValueError):
            # What the library does not take apart: JSON of another shape.
            raise ValidationError("The answer of the passkey cannot be read. Try again.", code="passkey") from None


def factor_forms(request: HttpRequest, user: User) -> tuple[CodeForm, PasskeyForm]:
    """Return both forms, of which the one that was sent is bound."""
    sent = request.method == "POST"
    code = CodeForm(request.POST if sent and "code" in request.POST else None, user=user)
    return code, PasskeyForm(request.POST if sent and "credential" in request.POST else None, user=user)


def empty_forms(user: User) -> tuple[CodeForm, PasskeyForm]:
    """Return both forms before one is sent."""
    return CodeForm(user=user), PasskeyForm(user=user)


def passed(forms: Iterable[CodeForm | PasskeyForm]) -> bool:
    """Return whether one of the forms was sent and is right; the session then remembers that a factor was used."""
    for form in forms:
        if form.is_bound and form.is_valid():
            form.save()
            return True
    return False


def form_context(user: User, forms: tuple[CodeForm, PasskeyForm]) -> dict[str, Any]:
    """Return the context of core/factor_forms.html, with a new challenge for the person's passkeys if there are any."""
    code, passkey = forms
    types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    has_keys = Authenticator.Type.WEBAUTHN in types
    return {
        "code_form": code if types - {Authenticator.Type.WEBAUTHN} else None,
        "passkey_form": passkey if has_keys else None,
        "request_options": {"request_options": webauthn.begin_authentication(user)} if has_keys else None,
    }


@never_cache
def factor_page(request: HttpRequest) -> HttpResponse:
    """The second step of a sign-in; without a first step, lead back to it."""
    stage = LoginStageController.enter(request, STAGE)
    if stage is None:
        return HttpResponseRedirect(reverse("admin:login"))
    forms = factor_forms(request, stage.login.user)
    if passed(forms):
        response: HttpResponse = stage.exit()
        return response
    return render_step(
        request, stage.login.user, forms, status=HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    )


def render_step(
    request: HttpRequest, user: User, forms: tuple[CodeForm, PasskeyForm] | None = None, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """Return the page of the second step, which carries a form that was sent without a session."""
    context = {
        **admin.site.each_context(request),
        "title": "Second step of signing in",
        "kept": kept_forms.carried_fields(request.POST) if request.method == "POST" else [],
        **form_context(user, forms or empty_forms(user)),
    }
    return TemplateResponse(request, "core/factor.html", context, status=status).render()


def remember_set_up(request: HttpRequest, authenticator: Authenticator) -> None:
    """Let the session in which a factor was set up count as one that was opened with it."""
    post_authentication(request, authenticator)


def app_image(user: User, secret: str) -> str:
    """Return the QR code that an authenticator app scans, as a data URI."""
    return str(segno.make(get_adapter().build_totp_url(user, secret)).svg_data_uri(scale=4))
