"""A person's own sign-in: the authenticator app, passkeys and recovery codes."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.flows import generate_recovery_codes
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.flows import activate_totp, deactivate_totp
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal.flows import add_authenticator, remove_authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, QueryDict

from core import credentials
from core.console import factors
from core.console.pages import Page, page
from core.console.step_up import fresh_sign_in
from core.credentials import Credential
from core.errors import Conflict, Invalid, NotFound


@page("factors/", "factors")
class FactorsPage(Page):
    """Set up and remove one's own second factors. Recovery codes are shown once."""

    template_name = "core/factors.html"
    title = "Your sign-in"
    own_actions = ("add-app", "remove-app", "add-key", "remove-key", "new-codes")
    #: Without a second factor this page can be opened, and no other.
    open_without_factor = True
    open_without_role = True

    #: Recovery codes to show, once.
    codes: list[str] | None = None

    def context(self) -> dict[str, Any]:
        own = list(Authenticator.objects.filter(user=self.user).order_by("pk"))
        app = next((factor for factor in own if factor.type == Authenticator.Type.TOTP), None)
        refused = self.submitted is not None and self.submitted.get("action") == "add-app"
        form = None if app else ActivateTOTPForm(self.submitted if refused else None, user=self.user)
        return {
            "app": app,
            "keys": [factor for factor in own if factor.type == Authenticator.Type.WEBAUTHN],
            "codes": self.codes,
            "code_count": self._unused_codes(),
            "app_form": form,
            "app_image": factors.app_image(self.user, form.secret) if form else None,
            "creation_options": {"creation_options": webauthn.begin_registration(self.user, False)},
            "needed": settings.FACTOR_REQUIRED and not factors.is_satisfied(self.request),
        }

    @fresh_sign_in
    def action_add_app(self, data: QueryDict) -> HttpResponse | None:
        form = ActivateTOTPForm(data, user=self.user)
        if not form.is_valid():
            raise Invalid("The code does not match the new entry in your app. Enter the code that it shows now.", code="code")
        with transaction.atomic():
            app, codes = activate_totp(self.request, form)
            factors.remember_set_up(self.request, app)
            self._record(Credential.APP_ADDED)
        return self._done("Your authenticator app is set up.", new_codes=codes is not None)

    @fresh_sign_in
    def action_remove_app(self, data: QueryDict) -> str | None:
        app = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).first()
        if app is None:
            raise NotFound("There is no authenticator app.")
        self._require_another(app)
        with transaction.atomic():
            deactivate_totp(self.request, app)
            self._record(Credential.APP_REMOVED)
        self.success("Your authenticator app is removed.")
        return None

    @fresh_sign_in
    def action_add_key(self, data: QueryDict) -> HttpResponse | None:
        form = AddWebAuthnForm(data, user=self.user)
        if not form.is_valid():
            raise Invalid("The passkey was not accepted. Try again.", code="passkey")
        with transaction.atomic():
            key, codes = add_authenticator(
                self.request, name=form.cleaned_data["name"][:60], credential=form.cleaned_data["credential"]
            )
            factors.remember_set_up(self.request, key)
            self._record(Credential.KEY_ADDED)
        return self._done("Your passkey is added.", new_codes=codes is not None)

    @fresh_sign_in
    def action_remove_key(self, data: QueryDict) -> str | None:
        wanted = data.get("key", "")
        keys = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN)
        key = keys.filter(pk=wanted).first() if wanted.isdecimal() else None
        if key is None:
            raise NotFound("There is no such passkey.")
        self._require_another(key)
        with transaction.atomic():
            remove_authenticator(self.request, key)
            self._record(Credential.KEY_REMOVED)
        self.success("The passkey is removed.")
        return None

    @fresh_sign_in
    def action_new_codes(self, data: QueryDict) -> HttpResponse | None:
        if not factors.has_factor(self.user):
            raise Conflict("Set up an authenticator app or a passkey first.", code="no-factor")
        with transaction.atomic():
            generate_recovery_codes(self.request)
            self._record(Credential.CODES_REPLACED)
        return self._done("Your earlier recovery codes no longer work.", new_codes=True)

    def _record(self, what: Credential) -> None:
        credentials.record_change(self.user, what, by=self.user, at=self.at)

    def _done(self, sentence: str, *, new_codes: bool) -> HttpResponse | None:
        self.success(sentence)
        if not new_codes:
            return None
        codes = Authenticator.objects.get(user=self.user, type=Authenticator.Type.RECOVERY_CODES)
        self.codes = codes.wrap().get_unused_codes()
        return self.render()

    def _unused_codes(self) -> int:
        codes = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.RECOVERY_CODES).first()
        return len(codes.wrap().get_unused_codes()) if codes else 0

    def _require_another(self, factor: Authenticator) -> None:
        """Raise Conflict for the last factor outside the sandbox, without which no page could be opened any more."""
        others = Authenticator.objects.filter(user=self.user, type__in=factors.MAIN).exclude(pk=factor.pk)
        if settings.FACTOR_REQUIRED and not others.exists():
            raise Conflict("Set up another second factor before you remove the last one.", code="last-factor")
