"""GET /v1/topics: the FCM topics that an app in topics mode subscribes to; no push address is stored."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.errors import InvalidQuery
from api.http.fields import Choice, PatternText, StrictSerializer
from api.http.negotiation import assigned_country
from api.http.responses import NO_STORE, respond
from api.http.views import ApiView
from api.v1.shapes import ResponseSerializer
from content.terms import Recipient
from core.errors import Invalid
from core.instants import rfc3339
from notifications.delivery import topics
from notifications.models import PushMode

#: The form of a time zone; a name that is no IANA zone of the country counts as unknown.
_ZONE = r"[A-Za-z0-9_+/-]{0,64}"


class TopicsQuery(StrictSerializer):
    """What the topics depend on; there is neither a situation nor an age here."""

    app = PatternText(fields.SLUG, max_length=40, help_text="Name of the app, as the operator of the server gave it.")
    country = PatternText(fields.COUNTRY, max_length=2, help_text="ISO 3166-1 alpha-2.")
    region = PatternText(fields.REGION, max_length=6, required=False, help_text="ISO 3166-2. Default: unknown.")
    locale = PatternText(fields.TAG, max_length=100, help_text="BCP 47.")
    audience = Choice(Recipient.choices, help_text="Whose alerts the installation gets.")
    time_zone = PatternText(
        _ZONE, max_length=64, required=False, help_text="IANA zone of the country; any other counts as unknown."
    )


class TopicsAnswerSerializer(ResponseSerializer):
    """The full list: the app subscribes to new topics and unsubscribes from those no longer listed."""

    push_mode = serializers.ChoiceField(PushMode.choices)
    topics = serializers.ListField(child=serializers.CharField(max_length=900))
    refresh_after = serializers.DateTimeField()


class TopicsView(ApiView):
    """FCM topics of an app in topics mode."""

    permission_classes = [Public]
    query = TopicsQuery
    # Limited like registering, which an app does as often.
    throttle = "registrations"
    needs_database = True
    throttle_fails_open = False
    attested_methods = ("GET",)
    problems = (401, 403, 409)

    @extend_schema(operation_id="list_topics", responses=TopicsAnswerSerializer, tags=["registrations"])
    def get(self, request: Request) -> HttpResponse:
        """Return the topics of an installation. No push address is sent or stored."""
        if self.attestation is not None:
            self.attestation.require(self.parameters["app"])
        wanted = {"region": None, "time_zone": None, **self.parameters}
        wanted["country"] = assigned_country(wanted["country"])
        try:
            found = topics.subscriptions_for(**wanted, at=timezone.now())
        except Invalid as error:
            raise InvalidQuery({str(error.extra["field"]): [error.detail]}) from None
        body = {"push_mode": found.push_mode, "topics": found.topics, "refresh_after": rfc3339(found.refresh_after)}
        return respond(request, body, cache=NO_STORE)
