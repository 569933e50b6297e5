"""GET /v1/transparency: what was sent, by month, country and outcome, in rounded numbers."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import SHORT, respond
from api.http.views import ApiView
from api.v1.shapes import ResponseSerializer
from notifications.campaigns.public_counts import month_counts


class SentPhonesSerializer(ResponseSerializer):
    """Phones by outcome, rounded down to tens; null: more than none and fewer than 20."""

    accepted = serializers.IntegerField(allow_null=True, help_text="FCM took the message; nobody knows whether it was read.")
    rejected = serializers.IntegerField(allow_null=True)
    unknown = serializers.IntegerField(allow_null=True, help_text="The message may have arrived.")
    skipped = serializers.IntegerField(allow_null=True, help_text="Nothing was sent to them.")


class SentMonthSerializer(ResponseSerializer):
    """The alerts to one country that ended in one month."""

    month = serializers.RegexField(r"^\d{4}-\d\d$", help_text="In UTC.")
    country = serializers.CharField(allow_null=True, help_text="ISO 3166-1 alpha-2; null: alerts to several countries.")
    alerts = serializers.IntegerField()
    stopped = serializers.IntegerField(help_text="Those of `alerts` that a person stopped.")
    phones = SentPhonesSerializer()


class TransparencyAnswerSerializer(ResponseSerializer):
    """What was sent in the months that are over, the newest first."""

    rounded_to = serializers.IntegerField()
    sent = SentMonthSerializer(many=True)


class SentCountsView(ApiView):
    """What was sent, for everybody."""

    permission_classes = [Public]
    needs_database = True

    @extend_schema(operation_id="get_sent_counts", responses=TransparencyAnswerSerializer, tags=["alerts"])
    def get(self, request: Request) -> HttpResponse:
        """Return how many phones alerts were sent to, by month, country and outcome; exercises are not counted.

        A month appears once it is over, and does not change again. Topics are not counted: their phones are not known.
        """
        sent = [
            {
                "month": f"{count.month:%Y-%m}",
                "country": count.country,
                "alerts": count.alerts,
                "stopped": count.stopped,
                "phones": count.phones,
            }
            for count in month_counts(at=timezone.now())
        ]
        return respond(request, {"rounded_to": 10, "sent": sent}, cache=SHORT)
