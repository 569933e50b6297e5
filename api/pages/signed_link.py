"""What the pages behind a signed URL have in common: their forms, their headers, and the page of a link that no longer opens.

The signed URL is the only credential: without a login or a cookie, no other site can make a browser act for somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.template.loader import render_to_string
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from api.http.parsers import read
from api.http.responses import NO_STORE
from api.http.views import ApiView
from api.v1.docs import HtmlRenderer
from core.errors import DomainError, Forbidden, Gone, Invalid

HEADERS = {
    "Cache-Control": NO_STORE,
    # The URL is the credential: neither sites that the page links to nor search engines may learn it.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_MAX_FIELDS = 2000


class FormParser(BaseParser):
    """Parse a form of text fields; files are not supported."""

    media_type = "application/x-www-form-urlencoded"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> QueryDict:
        announced = (parser_context or {})["request"].META.get("CONTENT_LENGTH") if parser_context else None
        body = read(stream, announced=announced)
        if body.count(b"&") > _MAX_FIELDS or b"%00" in body or b"\0" in body:
            raise Invalid("The form could not be read. Open the link again and send it from there.", code="form")
        return QueryDict(body.decode("utf-8", "replace"))


class SignedLinkView(ApiView):
    """A page behind a signed URL. Without its limit it would be open to guesses, so it is closed while the limit cannot count."""

    needs_database = True
    parser_classes = [FormParser]
    renderer_classes = [HtmlRenderer]
    throttle_fails_open: ClassVar[bool] = False


def require_own_form(request: Request) -> None:
    """Raise Forbidden for a form on another site: nobody may be tricked into answering, although the URL is the credential."""
    origin = request.headers.get("Origin")
    ours = urlsplit(settings.PUBLIC_URL)
    # A browser sends "null" for a page that sends no referrer, as this one does.
    if origin not in (None, "null", f"{ours.scheme}://{ours.netloc}", f"{request.scheme}://{request.get_host()}"):
        raise Forbidden("This form was sent from another website. Open the link again and send it from there.")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("This form was sent from another website. Open the link again and send it from there.")


def refused_page(error: DomainError, context: Mapping[str, Any] | None = None) -> HttpResponse:
    """Return the page that says in one sentence why the link does not open; `context` has it in the reader's language."""
    status = 410 if isinstance(error, Gone) else 403 if isinstance(error, Forbidden) else 404
    return html_page("api/signed_link_refused.html", {"sentence": error.detail, **(context or {})}, status=status)


def html_page(template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    """Return a page that is neither stored, nor indexed, nor named to the sites that it links to."""
    body = render_to_string(template, context)
    return HttpResponse(body, status=status, content_type="text/html; charset=utf-8", headers=HEADERS)
