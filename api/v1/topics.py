"""GET /v1/topics: what an app that stores no address subscribes itself to."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Everybody
from api.http.errors import InvalidQuery
from api.http.fields import Choice, Strict, Text, rfc3339
from api.http.negotiation import assigned_country
from api.http.responses import NO_STORE, answer
from api.http.views import ApiView
from api.v1.shapes import _Shape
from content.terms import Audience
from core.errors import Invalid
from notifications.delivery import topics
from notifications.models import PushMode

#: What a zone looks like; one that is none of IANA's counts as not known.
_ZONE = r"[A-Za-z0-9_+/-]{0,64}"


class TopicsQuery(Strict):
    """What the topics depend on; neither situation nor age is among it."""

    app = Text(fields.SLUG, most=40)
    country = Text(fields.COUNTRY, most=2, help_text="ISO 3166-1 alpha-2.")
    region = Text(fields.REGION, most=6, required=False, help_text="ISO 3166-2; left out: not known.")
    locale = Text(fields.TAG, most=100, help_text="BCP 47.")
    audience = Choice(Audience.choices)
    time_zone = Text(_ZONE, most=64, required=False, help_text="IANA; another one counts as not known.")


class TopicsAnswer(_Shape):
    """The full list: the app subscribes to what is new in it and leaves what is no longer there."""

    push_mode = serializers.ChoiceField(PushMode.choices)
    topics = serializers.ListField(child=serializers.CharField(max_length=900))
    refresh_after = serializers.DateTimeField()


class TopicsView(ApiView):
    """Topic names for an app in topics mode."""

    permission_classes = [Everybody]
    query = TopicsQuery
    # It may write a row, so it is held as short as registering.
    throttle = "registrations"
    asks_database = True
    throttle_fails_open = False
    problems = (409,)

    @extend_schema(operation_id="topics", responses=TopicsAnswer, tags=["registrations"])
    def get(self, request: Request) -> HttpResponse:
        """Return the topics of an installation; no address is asked for, and none is kept."""
        wanted = {"region": None, "time_zone": None, **self.parameters}
        wanted["country"] = assigned_country(wanted["country"])
        try:
            found = topics.ask(**wanted, at=timezone.now())
        except Invalid as error:
            raise InvalidQuery({str(error.extra["field"]): [error.detail]}) from None
        body = {"push_mode": found.push_mode, "topics": found.topics, "refresh_after": rfc3339(found.refresh_after)}
        return answer(request, body, cache=NO_STORE)
