"""GET /v1/alerts: what was sent, for whoever asks; the same words whether an app is pushed to or looks by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Everybody
from api.http.fields import Choice, Instant, Strict, Text, rfc3339
from api.http.negotiation import assigned_country, check_region
from api.http.responses import JSON, SHORT, Answer
from api.http.schema import path_text
from api.http.views import ReadView
from api.reads.request import Asked
from api.v1.shapes import LocaleLabel, _Shape
from content.terms import Audience
from notifications import cap
from notifications.models.campaign import Kind

#: What a campaign calls a locale that it has no words in.
_ANY = "und"
_PAGE = 50
#: Before this instant lie all alerts that have opened.
_ALL = datetime(2099, 1, 1, tzinfo=UTC)

ALERT_ID = path_text("alert_id", "[0-9]{1,18}", 18, "The alert's id.")


class OuterText(_Shape):
    """What may stand on a lock screen."""

    title = serializers.CharField()
    body = serializers.CharField()


class Alert(_Shape):
    """One alert in one language. `thread` is the id of the first alert that this one belongs to, `rev` its number there."""

    id = serializers.CharField()
    thread = serializers.CharField()
    rev = serializers.IntegerField()
    references = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(Kind.choices)
    status = serializers.ChoiceField(cap.Status.choices)
    severity = serializers.ChoiceField(cap.Severity.choices)
    urgency = serializers.ChoiceField(cap.Urgency.choices)
    certainty = serializers.ChoiceField(cap.Certainty.choices)
    locales = serializers.ListField(child=serializers.CharField(), help_text="All that it was written in.")
    locale = LocaleLabel()
    lang = serializers.CharField()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    outer = OuterText()
    title = serializers.CharField()
    body = serializers.CharField()
    services = serializers.ListField(child=serializers.CharField())
    tip = serializers.CharField(allow_null=True)
    countries = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="null: all.")
    regions = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="null: all.")
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices))
    sent = serializers.DateTimeField()
    opens = serializers.DateTimeField()
    expires = serializers.DateTimeField()


class AlertList(_Shape):
    """The unexpired alerts, the newest first; `older` leads to those before, expired ones included."""

    alerts = Alert(many=True)
    older = serializers.CharField(allow_null=True)


class AlertAnswer(_Shape):
    """One alert."""

    alert = Alert()


class WordsQuery(Strict):
    """In which words."""

    audience = Choice(Audience.choices, required=False)
    locale = Text(fields.TAG, most=35, required=False, help_text="BCP 47; left out: Accept-Language is matched.")


class AlertQuery(WordsQuery):
    """Which alerts."""

    country = Text(fields.COUNTRY, most=2, help_text="ISO 3166-1 alpha-2.")
    region = Text(fields.REGION, most=6, required=False, help_text="ISO 3166-2; left out: all regions.")
    before = Instant(required=False, help_text="Only alerts that opened before this instant.")


class AlertsView(ReadView):
    """The feed."""

    permission_classes = [Everybody]
    query = AlertQuery

    @extend_schema(operation_id="alerts", responses=AlertList, tags=["alerts"])
    def get(self, request: Request) -> HttpResponse:
        """Return at most 50 alerts; without `before` those that have not expired."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        page = read_feed(asked)
        here = [_labelled(alert, asked) for alert in page if is_for_region(alert, asked)]
        return feed_answer(asked, orjson.dumps({"alerts": here, "older": _older(page, asked.parameters)}))


class AlertView(ReadView):
    """One alert."""

    permission_classes = [Everybody]
    query = WordsQuery
    path_parameters = (ALERT_ID,)
    problems = (410,)

    @extend_schema(operation_id="alert", responses=AlertAnswer, tags=["alerts"])
    def get(self, request: Request, alert_id: str) -> HttpResponse:
        """Return the alert, expired or not; one that was stopped answers 410."""
        return self.serve(request, alert_id=alert_id)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        audience = asked.parameters.get("audience")
        found = asked.edition.feed.alert(asked.place["alert_id"], locale=_locale(asked), at=asked.at, audience=audience)
        return feed_answer(asked, orjson.dumps({"alert": _labelled(found, asked)}))


def read_feed(asked: Asked) -> list[dict[str, Any]]:
    """Return one page of the feed, all regions of the country included. Raises UnknownCountry and InvalidQuery."""
    wanted = asked.parameters
    country = assigned_country(wanted["country"])
    check_region(country, wanted.get("region"))
    return asked.edition.feed.alerts(
        country=country,
        audience=wanted.get("audience"),
        locale=_locale(asked),
        at=asked.at,
        before=wanted.get("before"),
        limit=_PAGE,
    )


def is_for_region(alert: dict[str, Any], asked: Asked) -> bool:
    """Tell whether the alert is for the region asked for; without one every alert is."""
    wanted = asked.parameters.get("region")
    return wanted is None or alert["regions"] is None or wanted in alert["regions"]


def feed_answer(asked: Asked, body: bytes, content_type: str = JSON, *, by_header: bool = True) -> Answer:
    """Return an answer that holds until the next alert opens or expires by the clock."""
    changes = asked.edition.feed.changes_at(asked.at)
    return Answer(
        body,
        SHORT,
        content_type=content_type,
        vary=("Accept-Language",) if by_header and "locale" not in asked.parameters else (),
        until=changes.timestamp() if changes else math.inf,
    )


def _locale(asked: Asked) -> str:
    """Return what the feed matches each alert's locales with: a tag, the browser's list, or the word for none."""
    # Each alert has locales of its own, so the reader's whole list of wishes goes along.
    return asked.parameters.get("locale") or asked.languages or _ANY


def _labelled(alert: dict[str, Any], asked: Asked) -> dict[str, Any]:
    return {**alert, "locale": {**alert["locale"], "requested": asked.parameters.get("locale")}}


def _older(found: list[dict[str, Any]], wanted: Mapping[str, Any]) -> str | None:
    """Return where the next older ones are: a second early, because several may have opened in the same one."""
    before = wanted.get("before")
    if before is None:
        # Not the present instant: with it, the same alerts would be other bytes in each second.
        following = _ALL
    elif len(found) < _PAGE:
        return None
    else:
        oldest = datetime.fromisoformat(found[-1]["opens"])
        following = oldest + timedelta(seconds=1) if oldest + timedelta(seconds=1) < before else oldest
    kept: dict[str, str] = {name: wanted[name] for name in ("country", "region", "audience", "locale") if name in wanted}
    return f"{reverse('alerts')}?{urlencode({**kept, 'before': rfc3339(following)})}"
