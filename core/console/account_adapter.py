"""django-allauth in the console: its factors and their checks, under the console's own pages, limits, audit log and mail."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import factor_secrets
from core.console import sign_in
from core.models.user import User


class FactorStage(AuthenticateStage):  # type: ignore[misc]
    """The second step of a sign-in, on the console's own page."""

    urlname = "admin:factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        records = get_authentication_records(self.request, self.login.user)
        checked = any(record.get("method") == "mfa" for record in records)
        if checked or not self._should_handle(self.request):
            return None, True
        return HttpResponseRedirect(reverse(self.urlname)), True


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """The ways of signing in. There is no sign-up, and no page of django-allauth's own."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return [f"{__name__}.{FactorStage.__name__}"]

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        return sign_in.signed_in(request, user, kwargs.get("redirect_url") or reverse("admin:index"))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        # The pages ask for it themselves: core.console.step_up.
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Leave the words to the console's pages."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Leave the mail to core.credentials, which the pages call in the transaction of the change."""


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """How factors are named and kept: the secrets of authenticator apps and recovery codes are encrypted in the database."""

    def _get_site_name(self) -> str:
        return "Fingerpost"

    def _get_user_identifier(self, user: User) -> str:
        return user.get_username()

    def encrypt(self, text: str) -> str:
        return factor_secrets.cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return factor_secrets.cipher().decrypt(encrypted_text.encode()).decode()
