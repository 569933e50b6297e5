"""The console's pages for requests that no page answers: a plain sentence, what to do, and nothing lost."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.contrib import admin
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

from core.console import kept_forms
from core.console.sign_in import sign_in_again_page

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 400, for an unknown host or a form that is too large."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return _plain_page(
            request,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "The form is too large",
            "The form holds more than 256 KiB, so it was not saved. Go back in your browser, where what you typed still is, "
            "and shorten it.",
        )
    return _plain_page(
        request,
        HTTPStatus.BAD_REQUEST,
        "The request cannot be read",
        "Check the address in your browser, or go to Today.",
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 403 for a page of Django's that the account may not open."""
    return _page(
        request,
        HTTPStatus.FORBIDDEN,
        "You do not have permission",
        "Your account cannot open this page. Two administrators can give you the role that is needed.",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 404."""
    return _page(
        request,
        HTTPStatus.NOT_FOUND,
        "Page not found",
        "There is no page at this address. It may have been removed, or the address may be incomplete.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Return 500 without a query, because the database may be what has failed; a form can be sent again."""
    return _plain_page(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on the server",
        "The server failed before it had finished. Wait a moment, then try again. If it happens again, tell the people who "
        "run the server when it happened.",
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return 403 for a form that was opened before a new sign-in, with its fields ready to be sent again."""
    if not kept_forms.comes_from_here(request):
        return _plain_page(
            request,
            HTTPStatus.FORBIDDEN,
            "This form was not sent from the console",
            "Nothing was changed. Open the page in the console and try again. The browser must accept cookies.",
        )
    if not admin.site.has_permission(request):
        return sign_in_again_page(request)
    return kept_forms.send_again_page(
        request,
        url=request.get_full_path(),
        fields=kept_forms.sent_fields(request),
        title="The form was not sent yet",
        detail="You have signed in again since you opened the form, so it was not accepted. Nothing is lost: send it again.",
        status=HTTPStatus.FORBIDDEN,
        context=admin.site.each_context(request),
    )


def _page(request: HttpRequest, status: HTTPStatus, title: str, detail: str) -> HttpResponse:
    try:
        context = {**admin.site.each_context(request), "title": title, "detail": detail}
        return TemplateResponse(request, "core/error.html", context, status=status).render()
    except DatabaseError:
        return _plain_page(request, status, title, detail)


def _plain_page(request: HttpRequest, status: HTTPStatus, title: str, detail: str) -> HttpResponse:
    """Return a page that needs no session and no database."""
    fields: list[kept_forms.KeptField] = []
    if status == HTTPStatus.INTERNAL_SERVER_ERROR and request.method == "POST" and kept_forms.comes_from_here(request):
        fields = kept_forms.sent_fields(request)
    context = {
        "title": title,
        "detail": detail,
        "url": request.get_full_path(),
        "fields": fields,
        "texts": [field.value for field in fields if field.is_text],
        "csrf_token": get_token(request) if fields else "",
    }
    return HttpResponse(render_to_string("core/failure.html", context), status=status)
