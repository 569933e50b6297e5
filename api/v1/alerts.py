"""GET /v1/alerts: what was sent, for whoever asks; the same words whether an app is pushed to or looks by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api import fields
from api.auth import Everybody
from api.conditional import SHORT, answer
from api.fields import Choice, Instant, Strict, Text, rfc3339
from api.negotiation import assigned_country, check_region
from api.schema import path_text
from api.v1.shapes import LocaleLabel, _Shape
from api.views import ApiView
from content.terms import Audience
from notifications import cap, feed
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


class AlertsView(ApiView):
    """The feed."""

    permission_classes = [Everybody]
    query = AlertQuery

    @extend_schema(operation_id="alerts", responses=AlertList, tags=["alerts"])
    def get(self, request: Request) -> HttpResponse:
        """Return at most 50 alerts; without `before` those that have not expired."""
        wanted, at = self.parameters, timezone.now()
        page = read_feed(request, wanted, at)
        here = [_labelled(alert, wanted) for alert in page if is_for_region(alert, wanted)]
        body = {"alerts": here, "older": _older(page, wanted)}
        return _answer(request, wanted, body)


class AlertView(ApiView):
    """One alert."""

    permission_classes = [Everybody]
    query = WordsQuery
    path_parameters = (ALERT_ID,)
    problems = (410,)

    @extend_schema(operation_id="alert", responses=AlertAnswer, tags=["alerts"])
    def get(self, request: Request, alert_id: str) -> HttpResponse:
        """Return the alert, expired or not; one that was stopped answers 410."""
        wanted = self.parameters
        locale = asked_locale(request, wanted)
        found = feed.alert(alert_id, locale=locale, at=timezone.now(), audience=wanted.get("audience"))
        return _answer(request, wanted, {"alert": _labelled(found, wanted)})


def read_feed(request: Request, wanted: dict[str, Any], at: datetime) -> list[dict[str, Any]]:
    """Return one page of the feed, all regions of the country included. Raises UnknownCountry and InvalidQuery."""
    country = assigned_country(wanted["country"])
    check_region(country, wanted.get("region"))
    return feed.alerts(
        country=country,
        audience=wanted.get("audience"),
        locale=asked_locale(request, wanted),
        at=at,
        before=wanted.get("before"),
        limit=_PAGE,
    )


def is_for_region(alert: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Tell whether the alert is for the region asked for; without one every alert is."""
    return "region" not in wanted or alert["regions"] is None or wanted["region"] in alert["regions"]


def asked_locale(request: Request, wanted: dict[str, Any]) -> str:
    """Return what the feed matches each alert's locales with: a tag, the browser's list, or the word for none."""
    # Each alert has locales of its own, so the reader's whole list of wishes goes along.
    return wanted.get("locale") or request.headers.get("Accept-Language") or _ANY


def _labelled(alert: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {**alert, "locale": {**alert["locale"], "requested": wanted.get("locale")}}


def _older(found: list[dict[str, Any]], wanted: dict[str, Any]) -> str | None:
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


def _answer(request: Request, wanted: dict[str, Any], body: dict[str, Any]) -> HttpResponse:
    return answer(request._request, body, cache=SHORT, vary=() if "locale" in wanted else ("Accept-Language",))
