"""/listed/{token}: the form on which a listed organization confirms or corrects its own entry.

The signed URL is the only credential: without a login or a cookie, no other site can make a browser act for somebody.
A reply changes nothing by itself; staff review it, and a number needs the approval of two people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.pages.signed_link import SignedLinkView, html_page, refused_page, require_own_form
from content.models import Channel, CorrectionLink
from content.models.reply import CORRECTABLE, Reply, ReplyAnswer
from content.models.service_facts import Status
from content.terms import Cost
from core.errors import DomainError, Invalid

_CHOICES = {
    ReplyAnswer.CONFIRM: "These details are correct",
    ReplyAnswer.CORRECT: "Some details are wrong",
    ReplyAnswer.REMOVE: "This contact no longer exists",
}
_ANSWER = re.compile(r"c([0-9]{1,15})-answer")


class CorrectionFormView(SignedLinkView):
    """The entry of one organization, with a form for its replies."""

    permission_classes = [Public]
    throttle = "correction-form"

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
            require_own_form(request)
            link = CorrectionLink.objects.from_token(token, at=at)
        except DomainError as error:
            return refused_page(error)
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
        return refused_page(error)
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
    return html_page("api/correction_form.html", context, status=422 if faults else 200)


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
