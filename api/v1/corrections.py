"""POST /v1/corrections: that a channel does not work. It is counted, and nothing of the sender is looked at or kept."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Everybody
from api.http.fields import Choice, Strict, Text, Whole
from api.http.responses import NO_STORE
from api.http.views import ApiView
from content.models import CorrectionCount
from content.models.correction_count import Problem

#: Positions are small; this is where the column ends.
_LAST = 32_767


class CorrectionRequest(Strict):
    """What did not work. There is no room for words: a reader in need must not write to a desk that does not answer."""

    service = Text(fields.SLUG, most=80, help_text="Id of the service.")
    channel = Whole(min_value=1, max_value=_LAST, help_text="`position` of the channel in the service.")
    problem = Choice(Problem.choices)


class CorrectionsView(ApiView):
    """Where apps say what does not work."""

    permission_classes = [Everybody]
    asks_database = True
    throttle = "corrections"
    # Without its limit anybody could move the queue; a report can wait, and is no help to whoever sends it.
    throttle_fails_open = False

    @extend_schema(
        operation_id="correction",
        request=CorrectionRequest,
        responses={204: OpenApiResponse(description="Counted.")},
        tags=["services"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Add one to a counter of the day. It moves the queue of those who check numbers, and never what is answered."""
        serializer = CorrectionRequest(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        CorrectionCount.objects.report(
            service=told["service"], position=told["channel"], problem=told["problem"], at=timezone.now()
        )
        return HttpResponse(status=204, headers={"Cache-Control": NO_STORE})
