"""POST /v1/receipts: anonymous counters that tell whether alerts arrive; nothing of the sender is looked at or kept."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Everybody
from api.http.fields import Choice, Strict, Text
from api.http.responses import NO_STORE
from api.http.views import ApiView
from core.errors import Conflict, Invalid
from notifications.models import App, PushMode, ReceiptCount, ReceiptEvent


class ReceiptRequest(Strict):
    """That an alert arrived, was opened, or led to help. Apps send one in a hundred, at a random later moment."""

    app = Text(fields.SLUG, most=40)
    alert = Text(r"[0-9]{1,18}", most=18)
    event = Choice(ReceiptEvent.choices)


class CountsNothing(Conflict):
    """This app sends no receipts."""

    code = "push-mode"


class ReceiptsView(ApiView):
    """Where apps count."""

    permission_classes = [Everybody]
    throttle = "receipts"
    asks_database = True
    problems = (409,)

    @extend_schema(
        operation_id="receipt", request=ReceiptRequest, responses={204: OpenApiResponse(description="Counted.")}, tags=["alerts"]
    )
    def post(self, request: Request) -> HttpResponse:
        """Add one to a counter; an app that stores no addresses (the teen app) sends none."""
        serializer = ReceiptRequest(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        app = App.objects.filter(name=told["app"]).first()
        if app is None:
            raise Invalid("There is no such app.", field="app")
        if app.push_mode != PushMode.REGISTRATIONS:
            raise CountsNothing(push_mode=str(app.push_mode))
        ReceiptCount.objects.count(alert=told["alert"], event=told["event"], at=timezone.now())
        return HttpResponse(status=204, headers={"Cache-Control": NO_STORE})
