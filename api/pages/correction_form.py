"""/listed/{token}: the form on which a listed organization confirms or corrects its own entry.

The signed URL is the only credential: without a login or a cookie, no other site can make a browser act for somebody.
A reply changes nothing by itself; staff review it, and a number needs the approval of two people.
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

from api.http.auth import Public
from api.http.parsers import read
from api.http.responses import NO_STORE
from api.http.views import ApiView
from api.v1.docs import HtmlRenderer
from content.models import Channel, CorrectionLink
from content.models.reply import CORRECTABLE, Reply, ReplyAnswer
from content.models.service_facts import Status
from content.terms import Cost
from core.errors import DomainError, Forbidden, Gone, Invalid

_HEADERS = {
    "Cache-Control": NO_STORE,
    # The URL is the credential: neither sites that the page links to nor search engines may learn it.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_CHOICES = {
    ReplyAnswer.CONFIRM: "These details are correct",
    ReplyAnswer.CORRECT: "Some details are wrong",
    ReplyAnswer.REMOVE: "This contact no longer exists",
}
_ANSWER = re.compile(r"c([0-9]{1,15})-answer")
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


class CorrectionFormView(ApiView):
    """The entry of one organization, with a form for its replies."""

    permission_classes = [Public]
    needs_database = True
    parser_classes = [FormParser]
    renderer_classes = [HtmlRenderer]
    throttle = "correction-form"
    throttle_fails_open: ClassVar[bool] = False

    @extend_schema(exclude=True)
    def get(self, request: Request, token: str) -> HttpResponse:
        """Show the entry and the form."""
        return _page(token, at=timezone.now())

    @extend_schema(exclude=True)
    def post(self, request: Request, token: str) -> HttpResponse:
        """Store the valid replies, and show the form again with the reasons beside the others."""
        at, form = timezone.now(), request.data
        assert isinstance(form, QueryDict)
        try:
            _check_origin(request)
            link = CorrectionLink.objects.from_token(token, at=at)
        except DomainError as error:
            return _refused(error)
        faults: dict[int, str] = {}
        for name in form:
            found = _ANSWER.fullmatch(name)
            if found is None or not form[name]:
                continue
            revision = int(found[1])
            values = {fact: form.get(f"c{revision}-{fact}", "")[:500] for fact in CORRECTABLE}
            try:
                Reply.objects.record(link, revision=revision, answer=str(form[name]), values=values, at=at)
            except Invalid as error:
                faults[revision] = error.detail
        return _page(token, at=at, form=form, faults=faults, sent=True)


def _page(
    token: str, *, at: datetime, form: QueryDict | None = None, faults: Mapping[int, str] | None = None, sent: bool = False
) -> HttpResponse:
    try:
        link = CorrectionLink.objects.from_token(token, at=at)
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
    return _html("api/correction_form.html", context, status=422 if faults else 200)


def _row(channel: Channel, reply: Reply | None, form: QueryDict | None, fault: str | None) -> dict[str, Any]:
    """Return one channel with the values to show in its fields: those just sent if they were refused, or the stored reply."""
    prefix = f"c{channel.revision_id}"
    if form is not None and fault:
        values = {name: form.get(f"{prefix}-{name}", "") for name in CORRECTABLE}
        answer = form.get(f"{prefix}-answer", "")
    elif reply is not None:
        values, answer = {name: getattr(reply, name) for name in CORRECTABLE}, reply.answer
    else:
        values, answer = dict.fromkeys(CORRECTABLE, ""), ""
    return {
        "channel": channel,
        "prefix": prefix,
        "values": values,
        "answer": answer,
        "choices": [(one.value, words) for one, words in _CHOICES.items()],
        "fault": fault,
        "reply": reply,
    }


def _check_origin(request: Request) -> None:
    """Raise Forbidden for a form on another site: nobody may be tricked into replying, although the URL is the credential."""
    origin = request.headers.get("Origin")
    ours = urlsplit(settings.PUBLIC_URL)
    # A browser sends "null" for a page that sends no referrer, as this one does.
    if origin not in (None, "null", f"{ours.scheme}://{ours.netloc}", f"{request.scheme}://{request.get_host()}"):
        raise Forbidden("This form was sent from another website. Open the link again and send it from there.")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("This form was sent from another website. Open the link again and send it from there.")


def _refused(error: DomainError) -> HttpResponse:
    status = 410 if isinstance(error, Gone) else 403 if isinstance(error, Forbidden) else 404
    return _html("api/correction_form_refused.html", {"sentence": error.detail}, status=status)


def _html(template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    body = render_to_string(template, context)
    return HttpResponse(body, status=status, content_type="text/html; charset=utf-8", headers=_HEADERS)
