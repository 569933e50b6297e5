"""Ask for a fresh sign-in before the acts that reach readers: approving, publishing, resuming and giving rights.

Decorate the action of a page:

    class CampaignApproval(Page):
        actions = {"approve": (APPROVER,)}

        @fresh_sign_in
        def action_approve(self, data: QueryDict) -> str | None:
            ...

A session whose last sign-in is older than FRESH_SECONDS gets a page that asks for it again and carries the form; nothing has been
done yet, and nothing that was typed is lost. Stopping, pausing and withdrawing are never decorated, because nothing may delay
them. In the sandbox (settings.FACTOR_REQUIRED is false) every session counts as fresh.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from core.console import factors, kept_forms, sign_in
from core.console.failed_sign_ins import FailedBecause
from core.console.pages import ConsoleForm, Page, page
from core.models.user import User

#: Seconds for which a sign-in is fresh.
FRESH_SECONDS = 300
#: Name of the attribute that marks a decorated action.
MARK = "needs_fresh_sign_in"

A = TypeVar("A", bound=Callable[..., Any])


def is_fresh(request: HttpRequest) -> bool:
    """Return whether the person has signed in, or confirmed it, within the last FRESH_SECONDS."""
    if not settings.FACTOR_REQUIRED:
        return True
    age = time.time() - request.session.get(sign_in.SIGNED_IN_AT, 0)
    return bool(0 <= age <= FRESH_SECONDS)


def fresh_sign_in(action: A) -> A:
    """Decorate an `action_…` method of a Page so that it needs a fresh sign-in."""

    @wraps(action)
    def checked(self: Page, data: QueryDict) -> Any:
        return action(self, data) if is_fresh(self.request) else confirm_page(self.request)

    setattr(checked, MARK, True)
    return cast(A, checked)


def confirm_page(request: HttpRequest) -> HttpResponse:
    """Return the page that asks for the sign-in again and carries the form that was sent."""
    return _render(request, kept_forms.sent_fields(request), request.get_full_path(), status=HTTPStatus.FORBIDDEN)


class ConfirmForm(ConsoleForm):
    """The password of a signed-in person who has no second factor yet."""

    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True})
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        user = self.request.user
        assert isinstance(user, User)
        if not sign_in.may_try(self.request, user.get_username()):
            raise sign_in.TooManyTries()
        if not user.check_password(password):
            sign_in.record_failure(user, FailedBecause.PASSWORD)
            raise ValidationError("The password is wrong.", code="password")
        return password


@page("confirm/", "confirm")
class ConfirmPage(Page):
    """The answer to `confirm_page`: with the second factor (the password, where there is none), the carried form can be sent."""

    title = "Confirm that it is you"
    open_without_factor = True
    open_without_role = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _render(request, [], reverse("admin:index"))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        forms = _forms(request, self.user)
        url = own_address(request, request.POST.get("next", ""))
        fields = kept_forms.carried_fields(request.POST)
        if not (forms.is_valid() if isinstance(forms, ConfirmForm) else factors.passed(forms)):
            return _render(request, fields, url, forms, status=HTTPStatus.BAD_REQUEST)
        sign_in.remember(request)
        return kept_forms.send_again_page(
            request,
            url=url,
            fields=fields,
            title="Your sign-in is confirmed",
            detail="Nothing has been done yet. Look at it once more, then send it.",
            context=admin.site.each_context(request),
        )


def own_address(request: HttpRequest, url: str) -> str:
    """Return the URL if it is a page of this console, else that of the first page."""
    own = url.startswith("/console/") and url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()})
    return url if own else reverse("admin:index")


Forms: TypeAlias = ConfirmForm | tuple[factors.CodeForm, factors.PasskeyForm]


def _forms(request: HttpRequest, user: User) -> Forms:
    if factors.has_factor(user):
        return factors.factor_forms(request, user)
    return ConfirmForm(request.POST if "password" in request.POST else {}, request=request)


def _render(
    request: HttpRequest,
    kept: list[kept_forms.KeptField],
    url: str,
    forms: Forms | None = None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Return the page; without `forms`, with empty ones."""
    user = request.user
    assert isinstance(user, User)
    if forms is None:
        forms = factors.empty_forms(user) if factors.has_factor(user) else ConfirmForm(request=request)
    shown = {"form": forms} if isinstance(forms, ConfirmForm) else factors.form_context(user, forms)
    context = {
        **admin.site.each_context(request),
        "title": ConfirmPage.title,
        "kept": kept,
        "next": url,
        "minutes": FRESH_SECONDS // 60,
        **shown,
    }
    return TemplateResponse(request, "core/step_up.html", context, status=status).render()
