"""POST /v1/receipts: anonymous counters that show whether alerts arrive. Nothing about the sender is kept."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.fields import Choice, PatternText, StrictSerializer
from api.http.responses import NO_STORE, no_content
from api.http.views import ApiView
from core.errors import Conflict, Invalid
from notifications.models import App, PushMode, ReceiptCount, ReceiptEvent


class ReceiptRequest(StrictSerializer):
    """An alert arrived, was opened, or led to help. Apps send about one receipt in a hundred, at a random later moment."""

    app = PatternText(fields.SLUG, max_length=40)
    alert = PatternText(fields.NUMBER, max_length=18)
    event = Choice(ReceiptEvent.choices)


class ReceiptsNotUsed(Conflict):
    """This app does not send receipts, because it stores no push addresses."""

    code = "push-mode"


class ReceiptsView(ApiView):
    """Counters of received and opened alerts."""

    permission_classes = [Public]
    throttle = "receipts"
    needs_database = True
    attested_methods = ("POST",)
    problems = (401, 403, 409)
    examples = {"POST": {"app": "parent", "alert": "1", "event": "opened"}}

    @extend_schema(
        operation_id="count_receipt",
        request=ReceiptRequest,
        responses={204: OpenApiResponse(description="Counted.")},
        tags=["alerts"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Add one to a counter. Apps that store no push addresses (the teen app) do not send receipts."""
        serializer = ReceiptRequest(data=request.data)
        serializer.is_valid(raise_exception=True)
        receipt = serializer.validated_data
        if self.attestation is not None:
            self.attestation.require(receipt["app"])
        app = App.objects.filter(name=receipt["app"]).first()
        if app is None:
            raise Invalid("Must be the name of an app.", field="app")
        if app.push_mode != PushMode.REGISTRATIONS:
            raise ReceiptsNotUsed(push_mode=str(app.push_mode))
        ReceiptCount.objects.count(alert=receipt["alert"], event=receipt["event"], at=timezone.now())
        return no_content({"Cache-Control": NO_STORE})
