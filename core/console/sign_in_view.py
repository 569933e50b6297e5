"""The page on which staff sign in: the password first, then the second factor of those who have one."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from django.contrib.auth import logout
from django.contrib.auth.views import LoginView
from django.http import HttpResponse

from core.console import factors, failed_sign_ins, kept_forms, sign_in
from core.console.failed_sign_ins import FailedBecause
from core.models.user import User


class SignInView(LoginView):
    """Django's view with the stages of django-allauth; `core.console.sign_in.signed_in` answers once all are passed."""

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(kept=kept_forms.carried_fields(self.request.POST), **more)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        assert isinstance(user, User)
        url = self.get_success_url()
        # What an earlier session in this browser had passed does not count for this one.
        logout(self.request)
        response: HttpResponse = perform_password_login(
            self.request, {"username": user.get_username()}, Login(user=user, redirect_url=url)
        )
        if LoginStageController.enter(self.request, factors.STAGE) is not None:
            return factors.render_step(self.request, user)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        name = form.cleaned_data.get("username", "")
        tried = User.objects.filter(username=name).first()
        # Without a limit on entries, tries would fill the audit log: those over a limit are counted, and not recorded.
        if not any(isinstance(error, sign_in.TooManyTries) for error in form.non_field_errors().as_data()):
            if tried is not None:
                sign_in.record_failure(tried, FailedBecause.PASSWORD)
            else:
                failed_sign_ins.count(FailedBecause.PASSWORD)
        return super().form_invalid(form)
