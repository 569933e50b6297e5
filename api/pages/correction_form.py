"""/listed/{token}: where a listed organization, and whoever it gives the address to, confirms or corrects its own entry.

The signed address is all there is: no login and no cookie, so that no other site can make a browser act in somebody's name.
What is said here changes nothing by itself; staff look at it, two of them before a number changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from api.http.auth import Everybody
from api.http.parsers import read
from api.http.responses import NO_STORE
from api.http.views import ApiView
from api.v1.docs import Page
from content.models import Channel, CorrectionLink, Reply
from content.models.correction_link import CORRECTED, Answer
from content.models.service import Status
from content.terms import Cost
from core.errors import DomainError, Forbidden, Gone, Invalid

_HEADERS = {
    "Cache-Control": NO_STORE,
    # The address is the key: it is told to no site that the page leads to, and to no search engine.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_ANSWER = re.compile(r"c([0-9]{1,15})-answer")
_MOST_FIELDS = 2000


class FormParser(BaseParser):
    """Parse a form of text fields; files are not part of it."""

    media_type = "application/x-www-form-urlencoded"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> QueryDict:
        announced = (parser_context or {})["request"].META.get("CONTENT_LENGTH") if parser_context else None
        body = read(stream, announced=announced)
        if body.count(b"&") > _MOST_FIELDS or b"%00" in body or b"\0" in body:
            raise Invalid("The form is not one of ours.", code="form")
        return QueryDict(body.decode("utf-8", "replace"))


class ListedView(ApiView):
    """An organization's own entry."""

    permission_classes = [Everybody]
    asks_database = True
    parser_classes = [FormParser]
    renderer_classes = [Page]
    throttle = "listed"
    throttle_fails_open: ClassVar[bool] = False

    @extend_schema(exclude=True)
    def get(self, request: Request, token: str) -> HttpResponse:
        """Show what is listed, with the answers there may be."""
        return _page(token, at=timezone.now())

    @extend_schema(exclude=True)
    def post(self, request: Request, token: str) -> HttpResponse:
        """Take the answers; what does not fit is shown again with the reason, and the rest is kept."""
        at, form = timezone.now(), request.data
        assert isinstance(form, QueryDict)
        try:
            _same_site(request)
            link = CorrectionLink.objects.opened(token, at=at)
        except DomainError as error:
            return _refused(error)
        faults: dict[int, str] = {}
        for name in form:
            found = _ANSWER.fullmatch(name)
            if found is None or not form[name]:
                continue
            revision = int(found[1])
            values = {fact: form.get(f"c{revision}-{fact}", "")[:500] for fact in CORRECTED}
            try:
                Reply.objects.give(link, revision=revision, answer=str(form[name]), values=values, at=at)
            except Invalid as error:
                faults[revision] = error.detail
        return _page(token, at=at, form=form, faults=faults, sent=True)


def _page(
    token: str, *, at: datetime, form: QueryDict | None = None, faults: Mapping[int, str] | None = None, sent: bool = False
) -> HttpResponse:
    try:
        link = CorrectionLink.objects.opened(token, at=at)
    except DomainError as error:
        return _refused(error)
    channels = (
        Channel.objects.filter(service__organization=link.organization_id, service__status=Status.ACTIVE)
        .select_related("service__country")
        .order_by("service__name", "service_id", "position")
    )
    waiting = {reply.revision_id: reply for reply in Reply.objects.waiting().filter(link=link)}
    rows = [
        _row(channel, waiting.get(channel.revision_id), form, (faults or {}).get(channel.revision_id)) for channel in channels
    ]
    context = {"link": link, "rows": rows, "costs": Cost.choices, "sent": sent, "faults": len(faults or {}), "token": token}
    return _html("api/listed.html", context, status=422 if faults else 200)


def _row(channel: Channel, reply: Reply | None, form: QueryDict | None, fault: str | None) -> dict[str, Any]:
    prefix = f"c{channel.revision_id}"
    typed = {name: form.get(f"{prefix}-{name}", "") for name in CORRECTED} if form is not None and fault else None
    said = {name: getattr(reply, name) for name in CORRECTED} if reply is not None else dict.fromkeys(CORRECTED, "")
    answer = form.get(f"{prefix}-answer", "") if form is not None and fault else reply.answer if reply else ""
    choices = [(one.value, one.words + ("; these values are" if one == Answer.CORRECT else "")) for one in Answer]
    return {
        "channel": channel,
        "prefix": prefix,
        "values": typed or said,
        "answer": answer,
        "choices": choices,
        "fault": fault,
        "said": reply,
    }


def _same_site(request: Request) -> None:
    """Refuse what another site's page sends, although the address alone opens the door: nobody is to be led into answering."""
    origin = request.headers.get("Origin")
    ours = urlsplit(settings.PUBLIC_URL)
    # A page that sends no referrer may name its origin "null".
    if origin not in (None, "null", f"{ours.scheme}://{ours.netloc}", f"{request.scheme}://{request.get_host()}"):
        raise Forbidden("This form was sent from another site.")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("This form was sent from another site.")


def _refused(error: DomainError) -> HttpResponse:
    status = 410 if isinstance(error, Gone) else 403 if isinstance(error, Forbidden) else 404
    return _html("api/listed_refused.html", {"sentence": error.detail}, status=status)


def _html(template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    body = render_to_string(template, context)
    return HttpResponse(body, status=status, content_type="text/html; charset=utf-8", headers=_HEADERS)
