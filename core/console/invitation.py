"""The page behind the link of an invitation or a reset: the person chooses their own password."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core import staff_changes
from core.errors import NotFound


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_page(request: HttpRequest, link: str) -> HttpResponse:
    """Show the form, or set the password and lead to the sign-in. The link works once."""
    context = {**admin.site.each_context(request), "title": "Choose your password"}
    try:
        user = staff_changes.holder_of(link)
        form = SetPasswordForm(user, request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            staff_changes.accept(link, form.cleaned_data["new_password1"], at=timezone.now())
            messages.success(request, "Your password is set. Sign in with it, then set up your second factor.")
            return HttpResponseRedirect(reverse("admin:login"))
    except NotFound as error:
        return TemplateResponse(request, "core/error.html", {**context, "detail": error.detail}, status=HTTPStatus.NOT_FOUND)
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return TemplateResponse(request, "core/invitation.html", {**context, "form": form, "account": user}, status=status)
