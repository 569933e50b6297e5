"""POST /v1/corrections: report that a channel does not work. Only a counter is kept, nothing about the sender."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.fields import Choice, PatternText, StrictSerializer, WholeNumber
from api.http.responses import NO_STORE, no_content
from api.http.views import ApiView
from content.models import CorrectionCount
from content.models.correction_count import Problem

#: The largest value that the column can hold.
_MAX_POSITION = 32_767


class CorrectionRequest(StrictSerializer):
    """What does not work. There is no free text: nobody in need should write to a form that nobody answers."""

    service = PatternText(fields.SLUG, max_length=80, help_text="Id of the service.")
    channel = WholeNumber(min_value=1, max_value=_MAX_POSITION, help_text="The channel's `position` in the service.")
    problem = Choice(Problem.choices)


class CorrectionsView(ApiView):
    """Reports of channels that do not work."""

    permission_classes = [Public]
    needs_database = True
    throttle = "corrections"
    # Without a limit anyone could reorder the queue of checks; and losing a report harms nobody.
    throttle_fails_open = False
    attested_methods = ("POST",)
    problems = (401, 403)
    examples = {"POST": {"service": "gb-childline", "channel": 1, "problem": "no-answer"}}

    @extend_schema(
        operation_id="report_channel",
        request=CorrectionRequest,
        responses={204: OpenApiResponse(description="Counted.")},
        tags=["services"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Add one to a counter of the day. It affects which details staff check next, never what readers get."""
        serializer = CorrectionRequest(data=request.data)
        serializer.is_valid(raise_exception=True)
        report = serializer.validated_data
        CorrectionCount.objects.report(
            service=report["service"], position=report["channel"], problem=report["problem"], at=timezone.now()
        )
        return no_content({"Cache-Control": NO_STORE})
